//! Lambda function: an instance has come or gone, so look at its fleet.

use aws::Function;
use lambda_runtime::{Error, run, service_fn};
use reconciler::events::instance_state_change;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start().await;
    run(service_fn(|event| function.handle(event, instance_state_change::parse))).await
}
