//! Lambda function: EC2 expects to take an instance, so hand over early where another can take the slot.

use aws::Function;
use lambda_runtime::{Error, run, service_fn};
use reconciler::events::rebalance_recommendation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start().await;
    run(service_fn(|event| function.handle(event, rebalance_recommendation::parse))).await
}
