//! Lambda function: EC2 is about to take an instance, so mark it as draining and look at its fleet.

use aws::Function;
use lambda_runtime::{Error, run, service_fn};
use reconciler::events::spot_interruption_warning;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start().await;
    run(service_fn(|event| function.handle(event, spot_interruption_warning::parse))).await
}
