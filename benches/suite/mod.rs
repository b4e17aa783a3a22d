//! The parts of `make bench`, by the letters that `benches/README.md` explains.

pub mod batch;
pub mod bench;
pub mod databases;
pub mod exports;
pub mod ledger;
pub mod login;
pub mod memory;
pub mod read_aims;
pub mod read_comparison;
pub mod reads;
pub mod run;
pub mod scale;
pub mod settings;
pub mod starts;
pub mod write_scripts;
pub mod writes;
