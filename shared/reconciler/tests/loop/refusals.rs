//! Every class of error for every act: what is told, what is tried again, and that the rest goes on.

use crate::ran::{associate, attach, detach, disassociate};
use crate::scripted::{Scripted, Turn, hook};
use crate::world::{World, world};
use crate::{on_demand, running};
use planner::fixtures::{
    address, allocation_id, association_id, instance_id, interface_id, private, volume, volume_id,
};
use planner::ids::FleetName;
use planner::observation::{Association, InstanceState};
use reconciler::ec2::Action;

/// An act, a world that asks for it, and who holds the slot in the end.
pub(crate) struct Case {
    pub(crate) action: Action,
    pub(crate) step: &'static str,
    pub(crate) world: World,
    pub(crate) holder: u8,
    /// All that EC2 is to do.
    pub(crate) acts: Vec<String>,
}

/// Every act of a plan in a world that asks for it.
pub(crate) fn cases() -> [Case; 4] {
    let stopped = on_demand(1).is(InstanceState::Stopped);
    [
        Case {
            action: Action::AttachVolume,
            step: "attach-volume",
            world: world([volume(1).into(), address(1).into(), on_demand(1).into()]),
            holder: 1,
            acts: vec![attach(1, 1, 'f'), associate(1, 1)],
        },
        Case {
            action: Action::DetachVolume,
            step: "detach-volume",
            world: world([volume(1).on(1).into(), stopped.into(), on_demand(2).into()]),
            holder: 2,
            acts: vec![detach(1, 1), attach(1, 2, 'f')],
        },
        Case {
            action: Action::AssociateAddress,
            step: "associate-address",
            world: world([volume(1).on(1).into(), address(1).into(), on_demand(1).into()]),
            holder: 1,
            acts: vec![associate(1, 1)],
        },
        Case {
            action: Action::DisassociateAddress,
            step: "disassociate-address",
            world: world([
                volume(1).on(2).into(),
                address(1).on(1).into(),
                on_demand(1).into(),
                on_demand(2).into(),
            ]),
            holder: 2,
            acts: vec![disassociate(1), associate(1, 2)],
        },
    ]
}

/// Plays the refusal at the first call of the case's act: it is told in that word, and the slot is held in the end.
async fn assert_converges(case: &Case, code: &'static str, word: &str) {
    let ec2 = Scripted::new(case.world.clone()).at(case.action, 1, Turn::Refuse(code, "EC2's words"));
    let ran = ec2.run(&running(case.holder)).await;
    let context = format!("{} {code}", case.action);
    ran.assert_held("web/main", case.holder);
    assert_eq!(ran.accepted(), case.acts, "{context}");
    assert_eq!(ran.acts().len(), case.acts.len() + 1, "{context}");
    let told = ran.outcomes("web/main");
    assert_eq!(told[0], format!("{} {word}", case.step), "{context}");
    assert!(told[1..].iter().all(|outcome| outcome.ends_with(" done")), "{told:?}");
    let error = ran.slot("web/main")["steps"][0]["error"].as_str().unwrap();
    assert_eq!(error, format!("{}: {code}: EC2's words", case.action));
    assert_eq!(ran.slot("web/main")["steps"][1].get("error"), None);
    ec2.assert_settled(&running(case.holder)).await;
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_harmless_and_leads_to_another_look() {
    let codes: [&[&str]; 4] = [
        &[
            "VolumeInUse",
            "IncorrectState",
            "IncorrectInstanceState",
            "InvalidInstanceID.NotFound",
            "InvalidVolume.NotFound",
        ],
        &[
            "IncorrectState",
            "InvalidAttachment.NotFound",
            "InvalidInstanceID.NotFound",
            "InvalidVolume.NotFound",
        ],
        &[
            "Resource.AlreadyAssociated",
            "InvalidInstanceID",
            "IncorrectInstanceState",
            "InvalidInstanceID.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidAllocationID.NotFound",
        ],
        &["InvalidAssociationID.NotFound"],
    ];
    for (case, codes) in cases().iter().zip(codes) {
        for code in codes {
            assert_converges(case, code, "refused").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again_after_another_look() {
    for case in cases() {
        for code in [
            "RequestLimitExceeded",
            "Throttling",
            "InternalError",
            "InternalFailure",
            "ServerInternal",
            "ServiceUnavailable",
            "Unavailable",
        ] {
            assert_converges(&case, code, "failed").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_must_mend_blocks_its_slot_and_no_other_and_is_not_repeated() {
    for case in cases() {
        for code in ["UnauthorizedOperation", "AuthFailure", "OperationNotPermitted", "Surprise", ""] {
            let mut world = case.world.clone();
            let beside = [volume(8).in_slot("other"), volume(9)];
            let [other, mut apart] = beside.map(|volume| volume.in_zone("b"));
            apart = apart.but(|volume| volume.tags.fleet = FleetName::new("api"));
            let more = crate::world::world([
                other.into(),
                apart.into(),
                on_demand(8).in_zone("b").into(),
                on_demand(9).in_zone("b").of_fleets(&["api"]).into(),
            ]);
            world.volumes.extend(more.volumes);
            world.instances.extend(more.instances);
            // Attaches of the slots side by side come in the order of fleets and slots.
            let k = if case.action == Action::AttachVolume { 2 } else { 1 };
            let ec2 = Scripted::new(world).at(case.action, k, Turn::Refuse(code, "EC2's words"));
            let ran = ec2.run(&crate::sweep()).await;
            let context = format!("{} {code}: {:#}", case.action, ran.report);
            assert_eq!(ran.failure, None, "{context}");
            assert_eq!(ran.state("web/main"), "blocked", "{context}");
            assert!(ran.findings("web/main").contains(&"refused"), "{context}");
            assert_eq!(ran.outcomes("web/main"), [format!("{} failed", case.step)], "{context}");
            assert_eq!(ran.acts().len(), 3, "{context}");
            ran.assert_held("web/other", 8);
            ran.assert_held("api/main", 9);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_finding_of_a_refusal_names_the_step_the_resource_and_ec2_s_words() {
    let refused = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");
    let ec2 =
        Scripted::new(world([volume(1).into(), on_demand(1).into()])).at(Action::AttachVolume, 1, refused);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    let findings = ran.slot("web/main")["findings"].as_array().unwrap();
    let refused = findings.iter().find(|finding| finding["finding"] == "refused").unwrap();
    assert_eq!(refused["resource"], "vol-00000001");
    assert_eq!(
        refused["message"],
        "EC2 refused attach-volume of vol-00000001; mend what it names, and the next sweep tries again: \
         UnauthorizedOperation: You are not authorized."
    );
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_another_function_attached_first_stays_where_it_is() {
    let parts = [volume(1).into(), address(1).into(), on_demand(1).into(), on_demand(2).into()];
    let stolen = hook(|world| world.steal(1, 2, 'f'));
    let ec2 = Scripted::new(world(parts)).at(Action::AttachVolume, 1, stolen);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), associate(1, 2)]);
    assert_eq!(ran.outcomes("web/main"), ["attach-volume refused", "associate-address done"]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_ends_is_left_for_another() {
    let parts = [volume(1).into(), on_demand(1).into(), on_demand(2).into()];
    let gone = hook(|world| world.shut_down(1));
    let ec2 = Scripted::new(world(parts)).at(Action::AttachVolume, 1, gone);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(1, 2, 'f')]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_another_function_detached_first_is_attached() {
    let [_, case, _, _] = cases();
    let detached = hook(|world| world.detach(&volume_id(1), &instance_id(1)).unwrap());
    let ran = Scripted::new(case.world).at(Action::DetachVolume, 1, detached).run(&running(2)).await;
    assert_eq!(ran.acts(), [detach(1, 1), attach(1, 2, 'f')]);
    assert_eq!(ran.outcomes("web/main"), ["detach-volume refused", "attach-volume done"]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_another_function_associated_first_is_put_right_without_a_theft() {
    let parts = [volume(1).on(1).into(), address(1).into(), on_demand(1).into(), on_demand(2).into()];
    let taken = hook(|world| {
        world.associate(&allocation_id(1), &interface_id(2), private(2, 1)).unwrap();
    });
    let ec2 = Scripted::new(world(parts)).at(Action::AssociateAddress, 1, taken);
    let ran = ec2.run(&running(1)).await;
    let away = format!("DisassociateAddress {}", association_id(100));
    assert_eq!(ran.acts(), [associate(1, 1), away, associate(1, 1)]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn an_association_that_changed_since_the_look_is_not_ended() {
    let [_, _, _, case] = cases();
    let renewed = hook(|world| {
        world.addresses[0].association = Some(Association {
            id: association_id(77),
            instance: Some(instance_id(2)),
            interface: Some(interface_id(2)),
            private: Some(private(2, 1)),
        });
    });
    let ran = Scripted::new(case.world).at(Action::DisassociateAddress, 1, renewed).run(&running(2)).await;
    assert_eq!(ran.acts(), [disassociate(1)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_a_second_candidate_took_is_held() {
    let full = Turn::Refuse("AttachmentLimitExceeded", "Too many volumes.");
    let parts = [volume(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts)).at(Action::AttachVolume, 1, full).run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(1, 2, 'f')]);
    ran.assert_held("web/main", 2);
}
