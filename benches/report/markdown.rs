//! The results as a table, with the plots.

use std::{fs, path::Path};

use crate::{
    error::Result,
    output::print,
    report::{
        figures::{Aim, Figure, Results},
        numbers::{format_number, short_count},
        plots,
    },
};

/// Writes `results.json`, `README.md` and the plots into a folder.
pub fn write(results: &Results, folder: &Path) -> Result<()> {
    results.write(folder)?;
    let aims = aims(&results.aims);
    fs::write(folder.join("README.md"), markdown(results, &aims))?;
    plots::draw(results, folder)?;
    print(&format!("\n{aims}\nAll results: {}\n", folder.join("README.md").display()))
}

fn markdown(results: &Results, aims: &str) -> String {
    let mut text = "# The last results of `make bench`\n\nGenerated; \
                    [benches/README.md](../README.md) explains the parts and their limits.\n\n"
        .to_owned();
    for line in &results.heading {
        text += &format!("- {line}\n");
    }
    text += "\n## The aims\n\n![Ratios to the limits](ratios.svg)\n\n";
    text += aims;
    text += "\n## All figures\n\n![Pages of logs](pages.svg)\n\n![Latency](latency.svg)\n\n";
    text += "Medians of the rounds; `ratio` is the value by the limit, measured in the same rounds.\n\n";
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
        let sign = if aim.at_most { "≤" } else { "≥" };
        let reached = if aim.reached() { "yes" } else { "**no**" };
        let unit = if aim.unit.is_empty() { String::new() } else { format!(" {}", aim.unit) };
        let (value, bound) = (format_number(aim.value), format_number(aim.aim));
        text += &format!("| {} | {value}{unit} | {sign} {bound}{unit} | {reached} |\n", aim.what);
    }
    text
}

fn line(figure: &Figure) -> String {
    let millis = |value: Option<f64>| value.map_or(String::new(), |it| format!("{it:.2}"));
    let rounds: Vec<String> = figure.rounds.iter().map(|it| format_number(*it)).collect();
    let limit = figure.limit.as_ref();
    format!(
        "| {} | {} | {} | {} | {} {} | {} | {} | {} | {} | {} | {} |\n",
        figure.measure,
        figure.what,
        figure.on,
        figure.entries.map_or(String::new(), short_count),
        format_number(figure.value),
        figure.unit,
        millis(figure.p50),
        millis(figure.p99),
        if figure.refused > 0 { figure.refused.to_string() } else { String::new() },
        limit.map_or(String::new(), |(name, value)| format!("{name}: {}", format_number(*value))),
        figure.ratio().map_or(String::new(), |it| format!("{it:.3}")),
        rounds.join(", "),
    )
}
