//! The engine, from credentials to sinks.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

mod checkpoints;
mod children;
mod contradictions;
mod cursors;
mod duplicates;
mod end_of_listing;
mod error_messages;
mod expiring_tokens;
mod interrupt;
mod job_cancellation;
mod jobs;
mod limit;
mod lines;
mod link_header;
mod model;
mod next_links;
mod packed_bodies;
mod page_counts;
mod pagination_styles;
mod prefetch;
mod random_listings;
mod random_pulls;
mod rate_limits;
mod redirects;
mod refresh_tokens;
mod rejected_credentials;
mod retries;
mod rfc_requests;
mod secret_encoding;
mod shared_limit;
mod shared_token;
mod sinks;
mod slow_commits;
mod tls;
mod token_file;
mod token_lifetimes;
mod transient_faults;
mod transport;
mod window_files;
mod windows;
mod year;
