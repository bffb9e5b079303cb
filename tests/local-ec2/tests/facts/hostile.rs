//! Hostile callers: whatever is asked, the cloud answers in EC2's way, and stays sound.

use crate::drawer::Drawer;
use crate::stage::{Stage, ZONE, tagged_data};
use local_ec2::actions::{DescribeLaunchTemplates, Request};
use local_ec2::{Cloud, Principal, Setup, Timing, Weather};
use std::collections::BTreeSet;

/// Every id that a caller could know.
fn ids(cloud: &Cloud) -> Vec<String> {
    let instances = cloud.instances().flat_map(|instance| {
        let interfaces = cloud.interfaces_of(&instance.id).map(|own| own.id.to_string());
        let fleet = instance.fleet.iter().map(ToString::to_string);
        [instance.id.to_string()].into_iter().chain(interfaces).chain(fleet)
    });
    let volumes = cloud.volumes().map(|volume| volume.id.to_string());
    let addresses = cloud.addresses().flat_map(|address| {
        let association = address.association.iter().map(|own| own.id.to_string());
        [address.allocation.to_string()].into_iter().chain(association)
    });
    instances.chain(volumes).chain(addresses).collect()
}

/// What must hold whatever has happened.
fn check(cloud: &Cloud, seed: u64) {
    let mut devices = BTreeSet::new();
    for volume in cloud.volumes() {
        assert!(volume.multi_attach || volume.attachments.len() <= 1, "seed {seed}: {volume:?}");
        for attachment in &volume.attachments {
            let letter = attachment.device.trim_end_matches('1').chars().last();
            assert!(devices.insert((attachment.instance.clone(), letter)), "seed {seed}: {volume:?}");
            let instance = cloud.instance(&attachment.instance).expect("what is attached is there");
            assert_eq!(instance.zone, volume.zone, "seed {seed}");
        }
    }
    let mut places = BTreeSet::new();
    for address in cloud.addresses() {
        if let Some(association) = &address.association {
            assert!(
                places.insert((association.interface.clone(), association.private)),
                "seed {seed}: {address:?}"
            );
        }
    }
    assert!(cloud.next_due().is_none_or(|due| due > cloud.now()), "seed {seed}");
}

#[test]
fn whatever_is_asked_is_answered_and_the_state_stays_sound() {
    let mut answered = 0;
    for seed in 1..=20 {
        let timing = Timing::default().with_lag(i64::try_from(seed % 3).unwrap() * 3);
        let weather = Weather { lost: 0.1, doubled: 0.1, late: 0.1, ..Weather::default() };
        let mut stage = Stage::with(Setup { seed, timing, weather, ..Setup::default() });
        for _ in 0..3 {
            stage.runs(tagged_data(ZONE, &[("holdfast:fleet", "web")]));
            stage.volume();
        }
        let mut drawer = Drawer::new(seed);
        for step in 0..500 {
            if step % 5 == 0 {
                drawer.ids = ids(&stage.cloud);
                let templates = stage.asks(&DescribeLaunchTemplates::default()).items;
                drawer.ids.extend(templates.iter().map(|template| template.id.to_string()));
            }
            let request = Request { action: drawer.call(), dry_run: false };
            let who = if drawer.random.bool() { Principal::Holdfast } else { Principal::Other };
            match stage.cloud.call(&request, who) {
                Ok(_) => answered += 1,
                Err(error) => assert!(error.status == 400 && !error.code.is_empty(), "{request:?}: {error}"),
            }
            disturb(&mut stage.cloud, &mut drawer.random);
            stage.cloud.take_events();
            check(&stage.cloud, seed);
        }
        stage.pass(4 * 3600);
        stage.cloud.take_events();
        check(&stage.cloud, seed);
    }
    assert!(answered > 3000, "only {answered} calls were carried out");
}

fn disturb(cloud: &mut Cloud, random: &mut fastrand::Rng) {
    let instances: Vec<_> = cloud.instances().map(|instance| instance.id.clone()).collect();
    if let Some(id) = random.choice(&instances) {
        let _ = match random.u8(..40) {
            0 => cloud.interrupt(id),
            1 => cloud.recommend(id),
            2 => cloud.resume(id),
            _ => Ok(()),
        };
    }
    let volumes: Vec<_> = cloud.volumes().map(|volume| volume.id.clone()).collect();
    if let Some(volume) = random.choice(&volumes) {
        let _ = if random.u8(..10) == 0 { cloud.drain(volume) } else { Ok(()) };
    }
    cloud.pass(random.i64(0..10));
}

#[test]
fn the_same_seed_leads_the_same_way() {
    let walk = || {
        let mut stage = Stage::with(Setup { seed: 5, ..Setup::default() });
        let mut drawer = Drawer::new(5);
        for _ in 0..300 {
            drawer.ids = ids(&stage.cloud);
            let request = Request { action: drawer.call(), dry_run: false };
            let _ = stage.cloud.call(&request, Principal::Other);
            disturb(&mut stage.cloud, &mut drawer.random);
        }
        let volumes: Vec<_> = stage.cloud.volumes().cloned().collect();
        let instances: Vec<_> = stage.cloud.instances().cloned().collect();
        (volumes, instances, stage.cloud.now(), stage.cloud.take_events())
    };
    assert_eq!(walk(), walk());
}
