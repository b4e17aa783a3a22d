//! The witness of the settings.

use crate::{
    config::{Config, witness::WitnessUrl},
    error::{Error, Result},
    ledger::key::Verifier,
    maintenance::witness::Witness,
};

/// The witness of the settings, if one is set.
///
/// # Errors
/// Where its URL or its key is broken.
pub(super) fn witness(config: &Config) -> Result<Option<Witness>> {
    let Some((url, key)) = config.witness_url.as_ref().zip(config.witness_key.as_ref()) else {
        return Ok(None);
    };
    // The URL may have a password, so it is not repeated.
    let url: WitnessUrl = url
        .reveal()
        .parse()
        .map_err(|error| Error::internal(format!("DAYBOOK_WITNESS_URL: {error}")))?;
    let key: Verifier =
        key.parse().map_err(|error| Error::internal(format!("DAYBOOK_WITNESS_KEY: {error}")))?;
    if !key.is_cosigner() {
        let text = "DAYBOOK_WITNESS_KEY: the key is not of the type cosignature/v1";
        return Err(Error::internal(text));
    }
    log::info!("witness {} at {url}", key.name());
    Ok(Some(Witness::new(&url, key)))
}
