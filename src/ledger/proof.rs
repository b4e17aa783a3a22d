//! Proofs that a record stands in the ledger: as JSON, and as a C2SP `tlog-proof@v1` file. Checking
//! one takes the verifier key and nothing else.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    checkpoint::Checkpoint,
    commitment::Salt,
    hash::{Hash, leaf_hash},
    key::Verifier,
    tree::check_inclusion,
};
use crate::domain::text::decimal;

/// How a proof file of any version begins.
const NAME: &str = "c2sp.org/tlog-proof";

/// The first line of a proof file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A field of a record, disclosed: who has both can check the commitment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// In base64url without padding.
    pub salt: String,
    /// The value that is committed to.
    pub value: Value,
}

/// The fields of a record that are disclosed, by name.
pub type Disclosures = BTreeMap<String, Disclosure>;

/// A proof in its JSON form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The position of the record.
    pub position: u64,
    /// The size of the tree that the checkpoint is of.
    pub size: u64,
    /// The very bytes that are hashed, as text.
    pub leaf: String,
    /// The fields that are disclosed.
    pub disclosures: Disclosures,
    /// The audit path, each hash in base64.
    pub inclusion: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The verifier key. Compare it with one that came another way.
    pub key: String,
}

/// What the `extra` line of a proof file has.
#[derive(Serialize, Deserialize)]
struct Extra {
    leaf: String,
    disclosures: Disclosures,
}

/// Why a proof is refused: one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongProof(pub String);

impl fmt::Display for WrongProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn wrong(text: impl fmt::Display) -> WrongProof {
    WrongProof(text.to_string())
}

impl Proof {
    /// The form of C2SP `tlog-proof@v1`.
    ///
    /// # Errors
    /// Where it has no JSON form.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let extra = Extra { leaf: self.leaf.clone(), disclosures: self.disclosures.clone() };
        let extra = STANDARD.encode(serde_json::to_vec(&extra)?);
        let mut text = format!("{HEADER}\nextra {extra}\nindex {}\n", self.position);
        for hash in &self.inclusion {
            text.push_str(hash);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        Ok(text)
    }

    /// Reads either form.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn parse(text: &str) -> Result<Self, WrongProof> {
        if text.starts_with(NAME) {
            return Self::parse_text(text).ok_or_else(|| wrong("the proof file is broken"));
        }
        serde_json::from_str(text).map_err(|error| wrong(format!("the proof is broken: {error}")))
    }

    fn parse_text(text: &str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next()? != HEADER {
            return None;
        }
        let extra = STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
        let Extra { leaf, disclosures } = serde_json::from_slice(&extra).ok()?;
        let position = decimal(lines.next()?.strip_prefix("index ")?)?;
        let size = checkpoint.lines().nth(1)?.parse().ok()?;
        let inclusion = lines.map(str::to_owned).collect();
        let (checkpoint, key) = (checkpoint.to_owned(), String::new());
        Some(Self { position, size, leaf, disclosures, inclusion, checkpoint, key })
    }

    /// Checks everything: the signature of the checkpoint, the way from the leaf to its root, and
    /// each field that is disclosed. Returns the leaf's kind and facts.
    ///
    /// # Errors
    /// Where anything does not fit.
    pub fn check(&self, key: &Verifier) -> Result<Proven<'_>, WrongProof> {
        let checkpoint = Checkpoint::verified(&self.checkpoint, key).map_err(wrong)?;
        if checkpoint.size != self.size {
            return Err(wrong("the size is not that of the checkpoint"));
        }
        let hashes = self.inclusion.iter().map(|it| Hash::from_base64(it));
        let hashes: Option<Vec<Hash>> = hashes.collect();
        let hashes = hashes.ok_or_else(|| wrong("a hash of the proof is broken"))?;
        let leaf = leaf_hash(self.leaf.as_bytes());
        check_inclusion(leaf, self.position, checkpoint.size, &hashes, checkpoint.root)
            .map_err(wrong)?;
        let read: ReadLeaf<'_> = serde_json::from_str(&self.leaf).map_err(wrong)?;
        for (field, disclosure) in &self.disclosures {
            let salt = Salt::from_base64url(&disclosure.salt)
                .ok_or_else(|| wrong(format!("the salt of {field} is broken")))?;
            let commitment = salt.commit(&disclosure.value).map_err(wrong)?;
            if read.commitments.get(field.as_str()) != Some(&commitment.as_str()) {
                return Err(wrong(format!("{field} is not what the record commits to")));
            }
        }
        Ok(Proven { origin: checkpoint.origin, leaf: read })
    }
}

/// What a proof proves.
#[derive(Debug)]
pub struct Proven<'a> {
    /// Whose ledger it is.
    pub origin: String,
    /// The record.
    pub leaf: ReadLeaf<'a>,
}

/// A leaf, read as far as a proof has to know it.
#[derive(Debug, Deserialize)]
pub struct ReadLeaf<'a> {
    /// The commitments, by field.
    #[serde(borrow)]
    pub commitments: BTreeMap<&'a str, &'a str>,
    /// What is never erased.
    #[serde(borrow)]
    pub facts: &'a RawValue,
    /// The kind of the record.
    pub kind: &'a str,
    /// When the record was written.
    pub recorded_at: &'a str,
}
