//! Spans.

use super::values::{Kept, attributes, each, field};
use super::{Attributes, Level, Rewrite, View, Visitor, pieces};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::trace::v1::{
    Span,
    span::{Event, Link},
};

impl Rewrite for Span {
    fn rewrite<V: Visitor>(&mut self, visitor: &mut V) -> Kept {
        visitor.enter(View {
            level: Level::Record,
            name: &self.name,
            version: "",
            attributes: Attributes(&self.attributes),
            trace_id: &self.trace_id,
            span_id: &self.span_id,
        });
        let span = Path::root("span");
        field(visitor, &span, "name", &mut self.name)?;
        field(visitor, &span, "trace_state", &mut self.trace_state)?;
        attributes(visitor, &span, "attributes", &mut self.attributes)?;
        let events = span.then(Segment::Field("events"));
        pieces::in_events(visitor, &events, &mut self.events)?;
        each(&mut self.events, &events, |path, event| rewrite_event(visitor, path, event))?;
        let links = span.then(Segment::Field("links"));
        each(&mut self.links, &links, |path, link| rewrite_link(visitor, path, link))?;
        match &mut self.status {
            Some(status) => {
                field(visitor, &span.then(Segment::Field("status")), "message", &mut status.message)
            }
            None => Ok(()),
        }
    }
}

fn rewrite_event<V: Visitor>(visitor: &mut V, path: &Path<'_>, event: &mut Event) -> Kept {
    field(visitor, path, "name", &mut event.name)?;
    attributes(visitor, path, "attributes", &mut event.attributes)
}

fn rewrite_link<V: Visitor>(visitor: &mut V, path: &Path<'_>, link: &mut Link) -> Kept {
    field(visitor, path, "trace_state", &mut link.trace_state)?;
    attributes(visitor, path, "attributes", &mut link.attributes)
}
