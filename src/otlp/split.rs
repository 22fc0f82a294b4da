//! Making one request of many records into two of fewer: for upstreams that take only so much at once.

use super::tree::{OfResource, OfScope, Record as _, with_resources};
use super::{Payload, Request};

impl Payload {
    /// The first half of the records and the rest, each with its resource and scope; of a single metric, its
    /// data points.
    ///
    /// # Errors
    /// The same payload, if there is only one record in it.
    pub fn split(mut self) -> Result<(Self, Self), Self> {
        let nodes = with_resources!(&self.0, resources => resources.iter().map(nodes).sum::<usize>());
        if nodes < 2 {
            return self.split_points();
        }
        let mut rest = match &self.0 {
            Request::Traces(_) => Request::Traces(Default::default()),
            Request::Metrics(_) => Request::Metrics(Default::default()),
            Request::Logs(_) => Request::Logs(Default::default()),
        };
        match (&mut self.0, &mut rest) {
            (Request::Traces(a), Request::Traces(b)) => {
                b.resource_spans = halve(&mut a.resource_spans, nodes / 2)
            }
            (Request::Metrics(a), Request::Metrics(b)) => {
                b.resource_metrics = halve(&mut a.resource_metrics, nodes / 2);
            }
            (Request::Logs(a), Request::Logs(b)) => b.resource_logs = halve(&mut a.resource_logs, nodes / 2),
            // The rest was made of the same signal.
            _ => {}
        }
        Ok((self, Self(rest)))
    }
}

impl Payload {
    fn split_points(mut self) -> Result<(Self, Self), Self> {
        let Request::Metrics(request) = &self.0 else { return Err(self) };
        if self.records() < 2 {
            return Err(self);
        }
        let mut rest = Self(Request::Metrics(request.clone()));
        self.halve(true);
        rest.halve(false);
        Ok((self, rest))
    }

    fn halve(&mut self, first: bool) {
        with_resources!(&mut self.0, resources => resources.iter_mut().for_each(|resource| halve_records(resource, first)));
    }
}

fn halve_records<R: OfResource>(resource: &mut R, first: bool) {
    let scopes = resource.parts_mut().1.iter_mut();
    scopes.flat_map(|scope| scope.parts_mut().1).for_each(|record| _ = record.halve(first));
}

/// Spans, log records or metrics of a resource.
fn nodes<R: OfResource>(resource: &R) -> usize {
    resource.parts().1.iter().map(|scope| scope.parts().1.len()).sum()
}

/// Leaves so many records, and gives the rest.
fn halve<R: OfResource>(resources: &mut Vec<R>, mut front: usize) -> Vec<R> {
    let mut rest = Vec::new();
    for mut resource in std::mem::take(resources) {
        let here = nodes(&resource);
        if here <= front {
            front -= here;
            resources.push(resource);
            continue;
        }
        if front > 0 {
            let mut head = R::default();
            let (of, scopes, schema_url) = resource.parts_mut();
            let (head_of, head_scopes, head_schema_url) = head.parts_mut();
            (*head_of, *head_schema_url) = (of.clone(), schema_url.clone());
            *head_scopes = split_scopes(scopes, front);
            front = 0;
            resources.push(head);
        }
        rest.push(resource);
    }
    rest
}

/// Takes so many records from the front of these scopes.
fn split_scopes<S: OfScope>(scopes: &mut Vec<S>, mut front: usize) -> Vec<S> {
    let (mut head, mut rest) = (Vec::new(), Vec::new());
    for mut scope in std::mem::take(scopes) {
        let here = scope.parts().1.len();
        if here <= front {
            front -= here;
            head.push(scope);
            continue;
        }
        if front > 0 {
            let mut first = S::default();
            let (of, records, schema_url) = scope.parts_mut();
            let (first_of, first_records, first_schema_url) = first.parts_mut();
            (*first_of, *first_schema_url) = (of.clone(), schema_url.clone());
            let behind = records.split_off(front);
            *first_records = std::mem::replace(records, behind);
            front = 0;
            head.push(first);
        }
        rest.push(scope);
    }
    *scopes = rest;
    head
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::signal::Signal;
    use serde_json::{Value, json};

    fn logs(scopes: &[&[u32]]) -> Payload {
        let record = |number: &u32| json!({"body": {"intValue": number}});
        let scope = |(at, records): (usize, &&[u32])| {
            let records: Vec<_> = records.iter().map(record).collect();
            json!({"scope": {"name": format!("s{at}")}, "logRecords": records})
        };
        let scopes: Vec<_> = scopes.iter().enumerate().map(scope).collect();
        let request = json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": scopes, "schemaUrl": "u"}]});
        Payload::from_json(Signal::Logs, request.to_string().as_bytes()).unwrap()
    }

    /// Scope and number of every record.
    fn told(payload: &Payload) -> Vec<(String, u64)> {
        let mut json = Vec::new();
        payload.write_json(&mut json);
        let request: Value = serde_json::from_slice(&json).unwrap();
        let mut told = Vec::new();
        for resource in request["resourceLogs"].as_array().unwrap() {
            assert_eq!(resource["schemaUrl"], "u");
            for scope in resource["scopeLogs"].as_array().unwrap() {
                for record in scope["logRecords"].as_array().into_iter().flatten() {
                    let number = record["body"]["intValue"].as_str().unwrap().parse().unwrap();
                    told.push((scope["scope"]["name"].as_str().unwrap().to_owned(), number));
                }
            }
        }
        told
    }

    #[test]
    fn halves_are_the_whole_in_order_with_their_scopes() {
        for scopes in
            [&[&[1, 2][..]][..], &[&[1, 2, 3], &[4]], &[&[1], &[], &[2, 3, 4, 5, 6]], &[&[], &[1, 2, 3]]]
        {
            let all = told(&logs(scopes));
            let (first, second) = logs(scopes).split().unwrap();
            assert_eq!(first.records(), all.len() / 2, "{scopes:?}");
            assert_eq!([told(&first), told(&second)].concat(), all, "{scopes:?}");
        }
    }

    #[test]
    fn a_metric_alone_is_split_between_its_points() {
        let metric = |points: u32| {
            let points: Vec<_> = (0..points).map(|value| json!({"asInt": value})).collect();
            let metric = json!({"name": "m", "sum": {"dataPoints": points, "isMonotonic": true}});
            let request = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]});
            Payload::from_json(Signal::Metrics, request.to_string().as_bytes()).unwrap()
        };
        for points in [2, 3, 8] {
            let (first, second) = metric(points).split().unwrap();
            assert_eq!(
                (first.records(), second.records()),
                (points as usize / 2, points.div_ceil(2) as usize)
            );
            let mut json = Vec::new();
            second.write_json(&mut json);
            let json = String::from_utf8(json).unwrap();
            assert!(
                json.contains(&format!("\"asInt\":\"{}\"", points - 1)) && json.contains("isMonotonic"),
                "{json}"
            );
        }
        assert!(metric(1).split().is_err());
    }

    #[test]
    fn one_record_is_not_split() {
        for scopes in [&[&[1][..]][..], &[&[]], &[]] {
            assert!(logs(scopes).split().is_err(), "{scopes:?}");
        }
    }
}
