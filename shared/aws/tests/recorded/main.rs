//! The adapter against recorded answers of EC2: exactly what is asked, and what is made of the answer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod acts;
mod addresses;
mod calls;
mod connection;
mod failures;
mod groups;
mod instances;
mod manager;
mod notifier;
mod queries;
mod replay;
mod spot_requests;
mod volumes;
