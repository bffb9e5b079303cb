//! Work on as many threads as there are processors.

use std::thread::{self, ScopedJoinHandle};

/// A thread that panicked. What it had found is lost with it, so that what the others found is not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a thread panicked, and what it had found is lost")]
pub struct Panicked;

/// Does the work on each thread: what every one of them came to.
pub fn on_every_processor<T: Send>(work: impl Fn() -> T + Sync) -> Vec<Result<T, Panicked>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(ScopedJoinHandle::join).map(|part| part.map_err(|_| Panicked)).collect()
    })
}
