//! Which surface a path has, where no operation was reached that says it: that of the route which it follows furthest.

use super::Surface;
use crate::http::route::Route;

/// The paths of all routes, each with its surface.
pub(super) struct Paths(Vec<(&'static str, Surface)>);

impl Paths {
    /// Those of the route table.
    pub(super) fn of(routes: &[Route]) -> Self {
        let paths: Vec<_> = routes.iter().map(|route| (route.path, route.surface)).collect();
        // Where all have one there is nothing to look for.
        if paths.iter().all(|(_, surface)| *surface == Surface::LoopBack) { Self(Vec::new()) } else { Self(paths) }
    }

    /// The surface of a path. Where routes of several surfaces go as far, it is LoopBack's.
    pub(super) fn surface(&self, path: &str) -> Surface {
        let length = |surface: Surface| {
            let of_surface = self.0.iter().filter(|(_, other)| *other == surface);
            of_surface.map(|(template, _)| followed(template, path)).max().unwrap_or_default()
        };
        let lengths = Surface::ALL.map(|surface| (length(surface), surface));
        // The first of those that go furthest.
        let [(least, first), ..] = lengths;
        lengths.into_iter().fold((least, first), |best, next| if next.0 > best.0 { next } else { best }).1
    }
}

/// How many segments of a template a path follows.
fn followed(template: &str, path: &str) -> usize {
    let same = |(template, segment): &(&str, &str)| template.starts_with('{') || template == segment;
    segments(template).zip(segments(path)).take_while(same).count()
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}
