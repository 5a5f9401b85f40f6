//! Random numbers, without which the Parquet writer panics.

use std::io;

use longhaul_plugin::SinkError;

/// Fails if there are none. A static program may find them only in `/dev/urandom`, which some containers do not have.
pub(crate) fn check() -> Result<(), SinkError> {
    getrandom::fill(&mut [0]).map_err(|error| missing(error.into()))
}

fn missing(error: io::Error) -> SinkError {
    SinkError::io(
        "cannot get random numbers, which the Parquet writer needs: is there a `/dev/urandom`?",
        error,
    )
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn the_error_names_the_file() {
        assert!(check().is_ok());
        let error = missing(io::ErrorKind::NotFound.into());
        assert_eq!(
            error.to_string(),
            "cannot get random numbers, which the Parquet writer needs: is there a `/dev/urandom`?"
        );
        assert_eq!(error.source().unwrap().to_string(), "entity not found");
    }
}
