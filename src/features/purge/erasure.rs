//! One step of a purge: some rows, with what the audit log says of them, children before parents and the tenant's own row last.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::Entity as _;
use user_tenant_store::entity::Property;
use user_tenant_store::erase::{Doomed, Eraser, Kept};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::payload::Progress;
use super::tables::{Meta, Root, Tables, home};
use crate::error::{Error, Result};
use crate::model::Job;

/// How many lines of the audit log it looks at, or takes values from, at once, to a row.
const LINES: u64 = 4;
/// How often it looks at so many of which none holds anything.
const LOOKS: usize = 10;

/// What a program that stops here has at work.
#[derive(Clone, Copy)]
enum Phase {
    /// Rows that name the tenant, with what belongs to them.
    Rows(Root),
    /// People who have their home here, and no membership.
    Homes,
    /// The tenant's lines of the audit log.
    Lines,
    /// The tenant's own row.
    Tenant,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Rows(root) => root.meta.table,
            Self::Homes => "homes",
            Self::Lines => "lines",
            Self::Tenant => "tenant",
        }
    }
}

/// A purge at work.
pub(super) struct Erasure<'a> {
    pub(super) eraser: Eraser<'a>,
    pub(super) tenant: Uuid,
    /// The job that does it: it goes with the tenant.
    pub(super) job: Uuid,
    pub(super) tables: &'a Tables,
    pub(super) kept: &'a Kept,
    /// Most rows of a table that one step removes.
    pub(super) batch: u64,
    pub(super) progress: &'a mut Progress,
}

impl Erasure<'_> {
    /// Does the next thing. True once nothing is left but the job.
    pub(super) async fn step(&mut self, reason: Option<&str>) -> Result<bool> {
        let rows = self.tables.roots().into_iter().map(Phase::Rows);
        let phases: Vec<Phase> = rows.chain([Phase::Homes, Phase::Lines, Phase::Tenant]).collect();
        let first = phases.iter().position(|phase| phase.name() == self.progress.at).unwrap_or_default();
        for phase in &phases[first..] {
            phase.name().clone_into(&mut self.progress.at);
            let is_something = match *phase {
                Phase::Rows(root) => self.rows(root).await?,
                Phase::Homes => self.homes().await?,
                Phase::Lines => self.lines().await?,
                Phase::Tenant => return self.end(reason).await,
            };
            if is_something {
                break;
            }
        }
        Ok(false)
    }

    /// Most lines of the audit log that one step takes values from.
    fn most_lines(&self) -> u64 {
        self.batch * LINES
    }

    /// Removes some rows that name the tenant.
    async fn rows(&mut self, root: Root) -> Result<bool> {
        let tenant = [Value::Uuid(self.tenant)];
        let which = root.which(&tenant);
        let ids = self.doomed(root.meta, which, self.batch).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        self.erase(root.meta, which, ids).await?;
        Ok(true)
    }

    async fn doomed(&self, meta: Meta, which: Doomed<'_>, most: u64) -> Result<Vec<Value>> {
        let rows = self.eraser.doomed(meta, which, None, most).await?;
        let own = Value::Uuid(self.job);
        let is_own = |id: &Value| meta.table == Job::meta().table && *id == own;
        Ok(rows.into_iter().map(|(id, _)| id).filter(|id| !is_own(id)).collect())
    }

    /// Removes these rows, or some of what belongs to them, which goes first.
    async fn erase(&mut self, meta: Meta, which: Doomed<'_>, ids: Vec<Value>) -> Result<()> {
        if self.below(meta, &ids).await? {
            return Ok(());
        }
        let alone = self.alone(meta, &ids).await?;
        let mut belongings = Vec::new();
        for (shared, rows) in &alone {
            let Some(found) = self.belongings(shared, rows).await? else { return Ok(()) };
            belongings.extend(found);
        }
        // What was said of a row goes before it, however much it is.
        let of_them = belongings.iter().map(|(meta, _, rows)| (*meta, &rows[..]));
        let with_them = alone.iter().map(|(shared, rows)| (*shared, &rows[..]));
        for (meta, rows) in std::iter::once((meta, &ids[..])).chain(of_them).chain(with_them.clone()) {
            if self.redact(meta, rows, self.most_lines()).await? == self.most_lines() {
                return Ok(());
            }
        }
        for (child, property, rows) in &belongings {
            let holders: Vec<Value> = alone.iter().flat_map(|(_, rows)| rows.iter().cloned()).collect();
            self.remove(child, Doomed::Holding(property, &holders), rows).await?;
        }
        self.remove(meta, which, &ids).await?;
        for (shared, rows) in with_them {
            self.remove(shared, Doomed::Holding(shared.id(), rows), rows).await?;
        }
        Ok(())
    }

    /// All that belongs to shared rows, as what people log in with. It goes with them in one transaction: between two, another tenant
    /// might take up a person who has lost some of it. Where it is more than fits into one, some is removed and `None` told.
    async fn belongings(
        &mut self,
        shared: Meta,
        rows: &[Value],
    ) -> Result<Option<Vec<(Meta, &'static Property, Vec<Value>)>>> {
        let mut all = Vec::new();
        if rows.is_empty() {
            return Ok(Some(all));
        }
        for (child, property) in self.tables.children(shared) {
            let which = Doomed::Holding(property, rows);
            let mut found = self.doomed(child, which, self.most_lines()).await?;
            if found.is_empty() {
                continue;
            }
            if found.len() as u64 == self.most_lines() || self.is_referred_to(child, &found).await? {
                found.truncate(usize::try_from(self.batch).unwrap_or(usize::MAX));
                Box::pin(self.erase(child, which, found)).await?;
                return Ok(None);
            }
            all.push((child, property, found));
        }
        Ok(Some(all))
    }

    async fn is_referred_to(&self, meta: Meta, ids: &[Value]) -> Result<bool> {
        for (child, property) in self.tables.children(meta) {
            if !self.doomed(child, Doomed::Holding(property, ids), 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes some of what refers to these rows, if anything does.
    async fn below(&mut self, meta: Meta, ids: &[Value]) -> Result<bool> {
        if ids.is_empty() {
            return Ok(false);
        }
        for (child, property) in self.tables.children(meta) {
            let which = Doomed::Holding(property, ids);
            let found = self.doomed(child, which, self.batch).await?;
            if !found.is_empty() {
                Box::pin(self.erase(child, which, found)).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The rows that tenants share, as people, and that only these hold: those who have another tenant stay.
    async fn alone(&self, meta: Meta, ids: &[Value]) -> Result<Vec<(Meta, Vec<Value>)>> {
        let mut alone = Vec::new();
        for shared in self.tables.shared_by(meta) {
            let Some(names) = named_by(meta, shared) else { continue };
            let holders = self.eraser.doomed(meta, Doomed::Holding(meta.id(), ids), Some(names), u64::MAX).await?;
            let mut rows: Vec<Value> = holders.into_iter().map(|(_, named)| named).collect();
            rows.sort_by_key(Value::to_key);
            rows.dedup();
            // All of them are kept from everybody, for the length of a step: of two purges that look for the same people, the one that
            // comes last finds them held by nobody else.
            let kept = self.eraser.doomed(shared, Doomed::Holding(shared.id(), &rows), home(shared), u64::MAX).await?;
            let of_nobody_else = |home: &Value| *home == Value::Null || *home == Value::Uuid(self.tenant);
            let has_home = home(shared).is_some();
            let rows = kept.into_iter().filter(|(_, home)| !has_home || of_nobody_else(home)).map(|(id, _)| id);
            // Whoever was about to hold one does so by now, or finds none.
            let rows = self.without_held(shared, rows.collect(), ids).await?;
            alone.push((shared, rows));
        }
        Ok(alone)
    }

    async fn without_held(&self, shared: Meta, rows: Vec<Value>, beside: &[Value]) -> Result<Vec<Value>> {
        let held = self.eraser.held(shared, &rows, beside).await?;
        Ok(rows.into_iter().filter(|id| !held.contains(id)).collect())
    }

    /// Removes rows to which nothing refers, and takes from the lines about that what may not stay.
    async fn remove(&mut self, meta: Meta, which: Doomed<'_>, ids: &[Value]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let removed = self.eraser.erase(meta, which, ids).await?;
        if removed == 0 {
            // Rows of another tenant refer to what goes: that is nobody's to mend but an operator's.
            return Err(Error::StillReferenced);
        }
        *self.progress.rows.entry(meta.table.to_owned()).or_default() += removed;
        self.redact(meta, ids, u64::MAX).await?;
        Ok(())
    }

    async fn redact(&mut self, meta: Meta, ids: &[Value], most: u64) -> Result<u64> {
        let lines = self.eraser.redact(self.kept, meta, ids, most).await?;
        self.progress.lines += lines;
        Ok(lines)
    }

    /// People whose home is here and who have no membership any more go; those who have one elsewhere have no home now, since it
    /// is for them to choose another.
    async fn homes(&mut self) -> Result<bool> {
        let here = [Value::Uuid(self.tenant)];
        for (shared, home) in self.tables.homes() {
            let which = Doomed::Holding(home, &here);
            let ids = self.doomed(shared, which, self.batch).await?;
            if ids.is_empty() {
                continue;
            }
            let gone = self.without_held(shared, ids.clone(), &[]).await?;
            let Some(belongings) = self.belongings(shared, &gone).await? else { return Ok(true) };
            let of_them = belongings.iter().map(|(meta, _, rows)| (*meta, &rows[..]));
            for (meta, rows) in of_them.chain([(shared, &gone[..])]) {
                if self.redact(meta, rows, self.most_lines()).await? == self.most_lines() {
                    return Ok(true);
                }
            }
            for (child, property, rows) in &belongings {
                self.remove(child, Doomed::Holding(property, &gone), rows).await?;
            }
            self.remove(shared, which, &gone).await?;
            let stay: Vec<_> = ids.into_iter().filter(|id| !gone.contains(id)).collect();
            if !stay.is_empty() {
                self.eraser.release(shared, home, &stay).await?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes from the tenant's lines what may not stay, until a look through all of them finds nothing: lines of transactions that
    /// end late have early positions.
    async fn lines(&mut self) -> Result<bool> {
        for _ in 0..LOOKS {
            let lines = self.eraser.lines(self.progress.behind, self.most_lines()).await?;
            let Some(last) = lines.last() else {
                if !std::mem::take(&mut self.progress.found) {
                    return Ok(false);
                }
                self.progress.behind = 0;
                return Ok(true);
            };
            self.progress.behind = last.position;
            let whole: Vec<_> = lines.into_iter().filter(|line| line.is_whole).collect();
            if !whole.is_empty() {
                self.progress.found = true;
                self.progress.lines += self.eraser.redact_lines(self.kept, &whole).await?;
                return Ok(true);
            }
        }
        Ok(true)
    }

    /// Removes the tenant's own row, if really nothing else is left: whoever was writing when it was archived is through by now, or
    /// waits for the row and finds none.
    async fn end(&mut self, reason: Option<&str>) -> Result<bool> {
        let Some(tenants) = self.tables.tenants() else { return Ok(true) };
        let own = [Value::Uuid(self.tenant)];
        if self.is_anything_left(&own).await? {
            self.progress.at.clear();
            return Ok(false);
        }
        if self.eraser.lines(self.progress.behind, self.most_lines()).await?.iter().any(|line| line.is_whole) {
            Phase::Lines.name().clone_into(&mut self.progress.at);
            self.progress.found = true;
            return Ok(false);
        }
        if self.redact(tenants, &own, self.most_lines()).await? == self.most_lines() {
            return Ok(false);
        }
        self.remove(tenants, Doomed::OfTenant, &own).await?;
        let what = json!({ "rows": self.progress.rows, "lines": self.progress.lines });
        let what: Map<String, Json> = what.as_object().cloned().unwrap_or_default();
        self.eraser.conclude(tenants, self.tenant, &what, reason).await?;
        Ok(true)
    }

    async fn is_anything_left(&self, tenant: &[Value; 1]) -> Result<bool> {
        for root in self.tables.roots() {
            // The job itself is one.
            if !self.doomed(root.meta, root.which(tenant), 2).await?.is_empty() {
                return Ok(true);
            }
        }
        for (shared, home) in self.tables.homes() {
            if !self.doomed(shared, Doomed::Holding(home, tenant), 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The property by which a row names the shared row that it holds.
fn named_by(holder: Meta, shared: Meta) -> Option<&'static Property> {
    match shared.tenancy {
        user_tenant_store::entity::TenantRule::Through { foreign, .. } => holder.property(foreign),
        _ => None,
    }
}
