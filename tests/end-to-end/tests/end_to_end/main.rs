//! The functions, end to end: real binaries, real payloads, HTTP, and an EC2 that nobody here wrote.

mod asked;
mod blocked;
mod dry_run;
mod fleets;
mod healing;
mod invalid;
mod main_path;
mod repeated;
mod stage;
mod warnings;
