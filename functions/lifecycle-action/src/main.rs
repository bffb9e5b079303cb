//! Lambda function: an Auto Scaling group keeps an instance waiting, so let it go once its slot is in place or safely off.

use aws::Function;
use lambda_runtime::{Error, run, service_fn};
use reconciler::events::lifecycle_action;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start().await;
    run(service_fn(|event| function.handle(event, lifecycle_action::parse))).await
}
