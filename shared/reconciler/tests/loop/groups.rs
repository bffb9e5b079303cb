//! The Auto Scaling groups of the scripted world: the states of their instances, and hooks that keep them waiting.

use crate::world::Refusal;
use planner::ids::{FleetName, InstanceId};
use planner::lifecycle::{LifecycleHook, LifecycleState, Transition};
use std::collections::{BTreeMap, BTreeSet};

/// The groups.
#[derive(Clone, Default)]
pub(crate) struct Groups {
    states: BTreeMap<InstanceId, String>,
    hooks: Vec<LifecycleHook>,
    /// Which instance has not been let go at which hook.
    waiting: BTreeSet<(InstanceId, String)>,
}

impl Groups {
    /// Puts the instance into that state, in which it waits at each hook there is for it.
    pub(crate) fn put(&mut self, instance: &InstanceId, state: &str) {
        self.states.insert(instance.clone(), state.to_owned());
        let transition = LifecycleState::new(state).waits_at();
        let hooks = self.hooks.iter().filter(|hook| Some(hook.transition) == transition);
        self.waiting.extend(hooks.map(|hook| (instance.clone(), hook.name.clone())));
    }

    /// Gives the group a hook, at which nobody waits yet.
    pub(crate) fn hook(&mut self, group: &str, name: &str, transition: Transition) {
        let (group, name) = (FleetName::new(group), name.to_owned());
        self.hooks.push(LifecycleHook { group, name, transition });
    }

    /// Takes the hook away. Whoever waits there goes on.
    pub(crate) fn unhook(&mut self, name: &str) {
        self.hooks.retain(|hook| hook.name != name);
        let waiting: Vec<InstanceId> = self
            .waiting
            .iter()
            .filter(|(_, hook)| hook == name)
            .map(|(instance, _)| instance.clone())
            .collect();
        for instance in &waiting {
            self.let_go(instance, name);
        }
    }

    pub(crate) fn states_of(&self, asked: &BTreeSet<InstanceId>) -> BTreeMap<InstanceId, LifecycleState> {
        let asked = self.states.iter().filter(|(instance, _)| asked.contains(instance));
        asked.map(|(instance, state)| (instance.clone(), LifecycleState::new(state.as_str()))).collect()
    }

    pub(crate) fn hooks_of(&self, group: &FleetName) -> Vec<LifecycleHook> {
        self.hooks.iter().filter(|hook| hook.group == *group).cloned().collect()
    }

    /// Whether the action may be prolonged.
    pub(crate) fn pending(&self, hook: &str, instance: &InstanceId) -> Result<(), Refusal> {
        if self.waiting.contains(&(instance.clone(), hook.to_owned())) {
            return Ok(());
        }
        let told = format!("No active Lifecycle Action found with instance ID {instance}");
        Err(("ValidationError", told))
    }

    pub(crate) fn complete(&mut self, hook: &str, instance: &InstanceId) -> Result<(), Refusal> {
        self.pending(hook, instance)?;
        self.let_go(instance, hook);
        Ok(())
    }

    fn let_go(&mut self, instance: &InstanceId, hook: &str) {
        self.waiting.remove(&(instance.clone(), hook.to_owned()));
        if self.waiting.iter().all(|(other, _)| other != instance)
            && let Some(state) = self.states.get_mut(instance)
        {
            *state = state.replace(":Wait", ":Proceed");
        }
    }
}
