//! How many requests EC2 got, and how many it turned away.
//!
//! Counted where the SDK sends, since one question may be several pages and several tries.

use aws_sdk_ec2::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use reconciler::class::is_throttle;
use reconciler::metrics::Calls;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the requests of the clients that it is given to as an interceptor. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CallCounter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicU64,
    throttled: AtomicU64,
}

impl CallCounter {
    /// The requests since this was last asked.
    pub fn take(&self) -> Calls {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        Calls { made: take(&self.0.made), throttled: take(&self.0.throttled) }
    }
}

impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "CallCounter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The error itself has the type of its operation here, and there is one for each.
        let answer = context.response().filter(|response| !response.status().is_success());
        if answer.and_then(|answer| answer.body().bytes()).and_then(code).is_some_and(is_throttle) {
            self.0.throttled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The code of an error as EC2 writes it (EC2 API reference, "Error codes for the Amazon EC2 API").
fn code(answer: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(answer).ok()?.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn the_code_of_an_error_is_read_and_nothing_else_is_one() {
        let refusal =
            b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message/></Error></Errors>";
        assert_eq!(code(refusal), Some("RequestLimitExceeded"));
        for other in [&b""[..], b"<html>", b"<Code>cut off", b"\xff<Code>x</Code>"] {
            assert_eq!(code(other), None);
        }
    }
}
