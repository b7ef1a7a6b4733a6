//! Pictures as SVG inside the page.

use maud::{Markup, html};

use crate::exports::reports::document::{Align, Picture, Shape};

/// A picture with its title below it. Colours are classes of the stylesheet: the page's policy forbids any other.
pub(super) fn figure(picture: &Picture) -> Markup {
    let (title, description) = (format!("{}-title", picture.name), format!("{}-description", picture.name));
    html! {
        figure {
            svg class=(format!("drawing {}", picture.kind)) role="img" xmlns="http://www.w3.org/2000/svg"
                aria-labelledby=(format!("{title} {description}"))
                viewBox=(format!("0 0 {} {}", number(picture.width), number(picture.height))) {
                title id=(title) { (picture.title) }
                desc id=(description) { (picture.description) }
                @for one in &picture.shapes { (shape(one)) }
            }
            figcaption { (picture.title) }
        }
    }
}

fn shape(shape: &Shape) -> Markup {
    html! {
        @match shape {
            Shape::Box { x, y, width, height, ink } => rect class=(ink.as_str()) x=(number(*x)) y=(number(*y))
                width=(number(*width)) height=(number(*height)) {},
            Shape::Tick { x, top, bottom } => line x1=(number(*x)) x2=(number(*x)) y1=(number(*top)) y2=(number(*bottom)) {},
            Shape::Label { x, y, align, light, text } => text x=(number(*x)) y=(number(*y)) text-anchor=(anchor(*align))
                class=[light.then_some("light")] { (text) },
        }
    }
}

fn anchor(align: Align) -> &'static str {
    match align {
        Align::Start => "start",
        Align::Middle => "middle",
        Align::End => "end",
    }
}

/// A coordinate with at most two digits after the point, the same on every machine.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
