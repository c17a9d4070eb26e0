//! Holds the sources to the house's layout: which layer may name which, and how long a file may be. A failure names the file, the line and the rule.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// What the files under some places must not name. `cli · mcp → http → access → domain → store`.
struct Rule {
    says: &'static str,
    /// Directories, each with its `.rs` file beside it: `src/http` is also `src/http.rs`.
    within: &'static [&'static str],
    /// The only files free of the rule.
    except: &'static [&'static str],
    /// Beginnings of paths.
    forbids: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        says: "the store knows no HTTP and no token",
        within: &["crates/store/src"],
        except: &[],
        forbids: &["axum", "http", "hyper", "jsonwebtoken", "tower", "tower_http"],
    },
    Rule {
        says: "models are plain data: no layer above the store",
        within: &["src/model"],
        except: &[],
        forbids: &["axum", "http", "crate::access", "crate::cli", "crate::domain", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "rules take a scoped session and never see who opened it, nor HTTP",
        within: &["src/domain"],
        except: &[],
        forbids: &["axum", "http", "crate::access", "crate::cli", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "access decides for every surface, so it knows none",
        within: &["src/access"],
        except: &[],
        forbids: &["crate::cli", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "what is looked up needs no proof, and knows nobody who makes one",
        within: &["src/access/lookups", "src/access/active_callers", "src/access/locator"],
        except: &[],
        forbids: &["crate::access::sessions", "crate::access::guard"],
    },
    Rule {
        says: "the guard makes proofs, and opens no session",
        within: &["src/access/guard", "src/access/entrance"],
        except: &[],
        forbids: &["crate::access::sessions"],
    },
    Rule {
        says: "rules of a feature are as those of the domain: they see neither who opened a session, nor HTTP",
        within: &["src/features/*/rules"],
        except: &[],
        forbids: &["axum", "http", "crate::access", "crate::cli", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "entities of a feature are plain data",
        within: &["src/features/*/entities"],
        except: &[],
        forbids: &["axum", "http", "crate::access", "crate::cli", "crate::domain", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "a feature is a part of the service: it knows neither the command line nor MCP, nor how parts are put together",
        within: &["src/features"],
        except: &[],
        forbids: &["crate::builder", "crate::cli", "crate::config", "crate::mcp", "crate::service"],
    },
    Rule {
        says: "the HTTP surface knows neither the command line nor MCP",
        within: &["src/http"],
        except: &[],
        forbids: &["crate::cli", "crate::mcp"],
    },
    Rule {
        says: "tools for assistants send requests as any client does: they see no rule, no session and no command line",
        within: &["src/mcp", "src/client"],
        except: &[],
        forbids: &["crate::cli", "crate::domain", "user_tenant_store::session"],
    },
    Rule {
        says: "the scaffold writes files, and knows neither the service nor who asks",
        within: &["src/scaffold"],
        except: &[],
        forbids: &["axum", "crate::access", "crate::cli", "crate::domain", "crate::http", "crate::mcp"],
    },
    Rule {
        says: "sessions come from one file only; nobody else holds the store",
        within: &["src", "examples"],
        // That file itself, and what is asked before one opens.
        except: &["src/access/sessions.rs", "src/access/lookups.rs"],
        forbids: &["user_tenant_store::Store", "user_tenant_store::session::Store", "crate::store::session::Store"],
    },
];

const LONGEST_FILE: usize = 500;
const GREATEST_MEDIAN: usize = 110;
const DESIRED_MEDIAN: usize = 110;

#[test]
fn arrows_point_one_way() -> Result {
    let files = sources()?;
    let mut broken = Vec::new();
    for rule in RULES {
        let mut covered = files.iter().filter(|file| rule.covers(&file.name)).peekable();
        // Not every kind of file of a feature is there yet.
        let may_be_empty = rule.within.iter().any(|place| place.contains('*'));
        assert!(covered.peek().is_some() || may_be_empty, "no file under {:?}: mend the rule", rule.within);
        for file in covered {
            let named = paths(&file.module, TokenStream::from_str(&file.text)?);
            broken.extend(rule.broken_by(&file.name, &named));
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    Ok(())
}

/// Modules whose children name each other one way only; the children each stand for all that lies below them.
const LAYERED: &[(&str, &str)] = &[("src", "crate"), ("src/access", "crate::access"), ("crates/store/src", "crate")];

#[test]
fn no_circle_of_modules() -> Result {
    let files = sources()?;
    let mut circles = Vec::new();
    for (place, parent) in LAYERED {
        let names = names_among(&files, place, parent)?;
        // Whoever is reached from themselves is in a circle.
        for module in names.keys() {
            let mut reached: BTreeSet<&str> = BTreeSet::new();
            let mut open: Vec<&str> = vec![module];
            while let Some(next) = open.pop() {
                open.extend(
                    names.get(next).into_iter().flatten().map(String::as_str).filter(|next| reached.insert(next)),
                );
            }
            if reached.contains(module.as_str()) {
                circles.push(format!("{place}: {module} is in a circle; it names {:?}", names[module]));
            }
        }
    }
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n"));
    Ok(())
}

/// Which of its siblings each child of a module names.
fn names_among(files: &[Source], place: &str, parent: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let child = |path: &str| {
        let rest = path.strip_prefix(parent)?.strip_prefix("::")?;
        let name = rest.split("::").next().unwrap_or_default();
        // Routes of features are listed with those of the contract, and are of the same layer.
        Some(if (parent, name) == ("crate", "features") { "http" } else { name }.to_owned())
    };
    let inside = files.iter().filter(|file| file.name.starts_with(&format!("{place}/")));
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in inside {
        if let Some(module) = child(&file.module.join("::")) {
            let paths = paths(&file.module, TokenStream::from_str(&file.text)?);
            named.entry(module).or_default().extend(paths.iter().filter_map(|named| child(&named.path)));
        }
    }
    let modules: BTreeSet<String> = named.keys().cloned().collect();
    for (module, others) in &mut named {
        others.retain(|other| other != module && modules.contains(other));
    }
    Ok(named)
}

#[test]
fn files_open_with_a_sentence_and_stay_short() -> Result {
    let files = sources()?;
    let mut broken = Vec::new();
    for Source { name, text, .. } in &files {
        if !text.starts_with("//! ") {
            broken.push(format!("{name}:1: open the file with one //! sentence: what it is for"));
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            broken.push(format!("{name}:{lines}: no file is longer than {LONGEST_FILE} lines: split it"));
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));

    let mut lengths: Vec<usize> = files.iter().map(|file| file.text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    println!("{} files, median {median} lines (wanted: below {DESIRED_MEDIAN})", lengths.len());
    assert!(median <= GREATEST_MEDIAN, "the median file has {median} lines, more than {GREATEST_MEDIAN}");
    Ok(())
}

#[test]
fn a_path_is_seen_wherever_it_hides() -> Result {
    let source = "
        use crate::{model, http::{self, reply as answer}};
        use super::guard;
        fn f(x: super::super::cli::Args) -> ::axum::Json { log!(\"{}\", crate::mcp::name()) }
        mod inner { use super::session; }
        #[cfg(test)] mod tests { use crate::hidden; }
        #[cfg(test)] use crate::hidden;
        use after::all;
    ";
    let module = ["crate", "access", "sessions"].map(str::to_owned);
    let seen = paths(&module, TokenStream::from_str(source)?);
    for expected in [
        (2, "crate::model"),
        (2, "crate::http::reply"),
        (3, "crate::access::guard"),
        (4, "crate::cli::Args"),
        (4, "axum::Json"),
        (4, "crate::mcp::name"),
        (5, "crate::access::sessions::session"),
        (8, "after::all"),
    ] {
        let found = seen.iter().any(|named| (named.line, named.path.as_str()) == expected);
        assert!(found, "{expected:?} not in {seen:?}");
    }
    assert!(!seen.iter().any(|named| named.path.contains("hidden")), "{seen:?}");
    Ok(())
}

#[test]
fn a_broken_rule_is_reported_with_its_place() -> Result {
    let rule = RULES.iter().find(|rule| rule.within == ["src/domain"]).ok_or("no rule for the domain")?;
    assert!(rule.covers("src/domain.rs") && rule.covers("src/domain/tenants.rs"));
    assert!(!rule.covers("src/domains.rs"));
    assert!(is_inside("src/features/roles/rules.rs", "src/features/*/rules"));
    assert!(is_inside("src/features/roles/rules/add.rs", "src/features/*/rules"));
    assert!(!is_inside("src/features/roles/routes.rs", "src/features/*/rules"));
    let named = paths(&["crate".to_owned()], TokenStream::from_str("use std::fmt;\nuse crate::http::reply;")?);
    assert_eq!(
        rule.broken_by("src/domain/tenants.rs", &named),
        [format!("src/domain/tenants.rs:2: names crate::http::reply, but {}", rule.says)]
    );
    Ok(())
}

impl Rule {
    fn covers(&self, file: &str) -> bool {
        self.within.iter().any(|place| is_inside(file, place)) && !self.except.contains(&file)
    }

    fn broken_by(&self, file: &str, named: &[Named]) -> Vec<String> {
        let says = self.says;
        let begins = |path: &str, start: &str| {
            path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let forbidden = named.iter().filter(|named| self.forbids.iter().any(|start| begins(&named.path, start)));
        forbidden.map(|Named { line, path }| format!("{file}:{line}: names {path}, but {says}")).collect()
    }
}

/// Whether a file is a place's own or lies below it; `*` in the place is any one directory.
fn is_inside(file: &str, place: &str) -> bool {
    let (mut parts, stem) = (file.split('/'), file.trim_end_matches(".rs"));
    let is_own = stem.split('/').count() == place.split('/').count();
    let same = |(part, wanted): (&str, &str)| {
        wanted == "*" || part == wanted || (is_own && part.strip_suffix(".rs") == Some(wanted))
    };
    place.split('/').all(|wanted| parts.next().is_some_and(|part| same((part, wanted))))
}

/// A file of the workspace that is not a test.
struct Source {
    name: String,
    /// `["crate", "access", "sessions"]` for `src/access/sessions.rs`.
    module: Vec<String>,
    text: String,
}

/// A path as the compiler would read it: `self` and `super` resolved, groups of `use` taken apart.
#[derive(Debug)]
struct Named {
    line: usize,
    path: String,
}

fn sources() -> Result<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for place in ["src", "crates", "examples", "bench"] {
        rust_files(&root.join(place), &mut files)?;
    }
    let mut sources = Vec::new();
    for file in files {
        let name = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let test = name.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
        if !test {
            let inside = name.split_once("src/").map_or("", |(_, inside)| inside);
            let stem = inside.trim_end_matches(".rs");
            let parts = stem.split('/').filter(|part| !matches!(*part, "" | "lib" | "main" | "mod"));
            let module = std::iter::once("crate").chain(parts).map(str::to_owned).collect();
            sources.push(Source { name, module, text: fs::read_to_string(&file)? });
        }
    }
    Ok(sources)
}

fn rust_files(directory: &Path, files: &mut Vec<PathBuf>) -> Result {
    if !directory.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Every path in the tokens, those inside macros included, less what is compiled for tests only.
fn paths(module: &[String], tokens: TokenStream) -> Vec<Named> {
    let mut seen = Vec::new();
    collect(module, &[], tokens, &mut seen);
    seen
}

fn collect(module: &[String], prefix: &[String], tokens: TokenStream, seen: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' && is_cfg_test(tokens.get(at + 1)) => {
                at += 1;
                while tokens.get(at).is_some_and(|token| !ends_item(token)) {
                    at += 1;
                }
            }
            TokenTree::Group(group) => collect(module, prefix, group.stream(), seen),
            TokenTree::Ident(first) => {
                let mut path = prefix.to_vec();
                path.push(first.to_string());
                while is_path_separator(&tokens, at + 1) {
                    match tokens.get(at + 3) {
                        Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                            collect(module, &path, group.stream(), seen);
                        }
                        _ => break,
                    }
                    at += 3;
                }
                let line = first.span().start().line;
                seen.push(Named { line, path: resolve(module, &path).join("::") });
                if let (true, Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (first == "mod", tokens.get(at + 1), tokens.get(at + 2))
                {
                    let inner = [module, &[name.to_string()]].concat();
                    collect(&inner, &[], body.stream(), seen);
                    at += 2;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn is_cfg_test(token: Option<&TokenTree>) -> bool {
    token.is_some_and(|token| token.to_string().replace(' ', "") == "[cfg(test)]")
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

fn resolve(module: &[String], path: &[String]) -> Vec<String> {
    let up = path.iter().take_while(|part| *part == "super").count();
    match path.first().map(String::as_str) {
        Some("super") => [&module[..module.len().saturating_sub(up)], &path[up..]].concat(),
        Some("self") => [module, &path[1..]].concat(),
        _ => path.to_vec(),
    }
}
