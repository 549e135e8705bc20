//! The reports of an audit: five formats, all written from the one [`super::Outcome`], line by line.
//!
//! The same outcome gives the same bytes. What is held while a report is written does not grow with the portfolio: the
//! page holds a bounded number of releases, findings and artifacts, says how many it leaves out and where they are.

mod csv;
mod html;
mod junit;
mod mark;
mod markdown;
mod sarif;
mod words;

pub use csv::csv;
pub use html::html;
pub use junit::junit;
pub use mark::Mark;
pub use markdown::markdown;
pub use sarif::sarif;
pub use words::sentence;
