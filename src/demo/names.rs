//! Names for the crowd, from many countries.

use super::people::address;

const GIVEN_NAMES: [&str; 50] = [
    "Aiko", "Ahmed", "Amara", "André", "Anjali", "Astrid", "Aylin", "Beatriz", "Björn", "Camille",
    "Chen", "Chidi", "Chloé", "Dmitri", "Edda", "Emeka", "Farah", "Fatima", "Felix", "Giulia",
    "Hana", "Hugo", "Ines", "Ivan", "Jamal", "José", "Kofi", "Lars", "Leila", "Linh", "Lucía",
    "Mateo", "Mei", "Milan", "Nadia", "Nikos", "Olga", "Omar", "Paula", "Quinn", "Rahul", "Renée",
    "Ruth", "Sofia", "Tariq", "Ulla", "Viktor", "Yara", "Zoë", "Łukasz",
];

const SURNAMES: [&str; 53] = [
    "Abebe",
    "Adeyemi",
    "Ahmadi",
    "Andersson",
    "Bianchi",
    "Brown",
    "Castillo",
    "Chowdhury",
    "Costa",
    "Dlamini",
    "Dubois",
    "Eriksen",
    "Fernández",
    "Fischer",
    "García",
    "Goldberg",
    "Gupta",
    "Hansen",
    "Hernández",
    "Hoffmann",
    "Ito",
    "Ivanova",
    "Jansen",
    "Johnson",
    "Kaya",
    "Khan",
    "Kimura",
    "Larsen",
    "Lee",
    "López",
    "Martin",
    "Mensah",
    "Moreau",
    "Müller",
    "Mwangi",
    "Nakamura",
    "Nguyen",
    "Novák",
    "Nowak",
    "O'Brien",
    "Özdemir",
    "Papadopoulos",
    "Park",
    "Rossi",
    "Schneider",
    "Silva",
    "Singh",
    "Svensson",
    "Tanaka",
    "Virtanen",
    "Wang",
    "Williams",
    "Yılmaz",
];

/// The name and the e-mail address of a number below 2,650, different for each.
pub(super) fn name(number: usize) -> (&'static str, &'static str, String) {
    // People with the same given name have different surnames, since 53 is a prime number.
    let given_name = GIVEN_NAMES[number % GIVEN_NAMES.len()];
    let surname = SURNAMES[(number * 7 + number / GIVEN_NAMES.len()) % SURNAMES.len()];
    (given_name, surname, address(&plain(given_name), &plain(surname)))
}

/// A name as it is written in an e-mail address.
fn plain(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c {
            'á' => Some('a'),
            'é' | 'ë' => Some('e'),
            'í' | 'ı' => Some('i'),
            'ó' | 'ö' => Some('o'),
            'Ö' => Some('O'),
            'ü' => Some('u'),
            'Ł' => Some('L'),
            '\'' => None,
            c => Some(c),
        })
        .collect()
}
