//! The results, for people: a table and plots beside the file for machines.

use std::{fs, path::Path};

use crate::{
    Result, plots, print,
    results::{Aim, Figure, Results, short},
};

/// Writes `results.json`, `README.md` and the plots into a folder.
pub fn write(results: &Results, folder: &Path) -> Result<()> {
    results.write(folder)?;
    let aims = aims(&results.aims);
    fs::write(folder.join("README.md"), page(results, &aims))?;
    plots::draw(results, folder)?;
    print(&format!("\n{aims}\nAll of it: {}\n", folder.join("README.md").display()))
}

fn page(results: &Results, aims: &str) -> String {
    let mut text = "# What `make bench` measured last\n\nMade by it, not by hand; \
                    [benches/README.md](../README.md) says what is measured and against what.\n\n"
        .to_owned();
    for line in &results.about {
        text += &format!("- {line}\n");
    }
    text += "\n## The aims\n\n![Shares of the limits](ratios.svg)\n\n";
    text += aims;
    text += "\n## All figures\n\n![Pages of logs](pages.svg)\n\n![Latency](latency.svg)\n\n";
    text +=
        "Medians of the rounds; `limit` is what the ratio is to, measured in the same rounds.\n\n";
    text +=
        "| | what | on | entries | value | p50 ms | p99 ms | refused | limit | ratio | rounds |\n";
    text += "|---|---|---|---|---|---|---|---|---|---|---|\n";
    for figure in &results.figures {
        text += &line(figure);
    }
    text
}

fn aims(aims: &[Aim]) -> String {
    let mut text = "| | measured | aim | |\n|---|---|---|---|\n".to_owned();
    for aim in aims {
        let (sign, said) =
            (if aim.at_most { "≤" } else { "≥" }, if aim.reached() { "yes" } else { "**no**" });
        let unit = if aim.unit.is_empty() { String::new() } else { format!(" {}", aim.unit) };
        let (value, least) = (number(aim.value), number(aim.aim));
        text += &format!("| {} | {value}{unit} | {sign} {least}{unit} | {said} |\n", aim.what);
    }
    text
}

fn line(figure: &Figure) -> String {
    let millis = |value: Option<f64>| value.map_or(String::new(), |it| format!("{it:.2}"));
    let rounds: Vec<String> = figure.rounds.iter().map(|it| number(*it)).collect();
    let limit = figure.limit.as_ref();
    format!(
        "| {} | {} | {} | {} | {} {} | {} | {} | {} | {} | {} | {} |\n",
        figure.measure,
        figure.what,
        figure.on,
        figure.entries.map_or(String::new(), short),
        number(figure.value),
        figure.unit,
        millis(figure.p50),
        millis(figure.p99),
        if figure.refused > 0 { figure.refused.to_string() } else { String::new() },
        limit.map_or(String::new(), |(name, value)| format!("{name}: {}", number(*value))),
        figure.ratio().map_or(String::new(), |it| format!("{it:.3}")),
        rounds.join(", "),
    )
}

/// A number with as many digits as say something: `83,012`, `31.4`, `0.221`.
pub fn number(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.3}");
    }
    if value.abs() < 1_000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
