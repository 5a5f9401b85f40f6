//! Object stores: one in memory, and a stand-in for Amazon S3 that is served over HTTP.

mod bucket;
mod memory_store;
mod s3_answers;
mod s3_checksums;
mod s3_server;

pub use self::{
    bucket::{Bucket, BucketError, Operation},
    memory_store::MemoryStore,
    s3_answers::s3_error,
    s3_checksums::S3Checksums,
    s3_server::S3Server,
};
