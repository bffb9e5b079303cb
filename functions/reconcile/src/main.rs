//! Lambda function: the sweep over every fleet, which makes a lost event harmless; also the status report.

use aws::Function;
use lambda_runtime::{Error, run, service_fn};
use reconciler::events::reconcile;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start().await;
    run(service_fn(|event| function.handle(event, reconcile::parse))).await
}
