//! Rules and group plans apply to users, groups and certifications that change concurrently.

use std::thread;

use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    groups::membership,
    learning::{certification, plan_of},
};

const MANY: usize = 12;

#[test]
fn completions_and_new_certifications_of_the_same_moment_find_each_other() {
    let app = TestApp::start();
    let (admin, course) = (app.admin(), app.course("One"));
    let people: Vec<String> = (0..MANY).map(|_| app.learner("Sam").id).collect();
    let enrollments: Vec<String> = people.iter().map(|it| app.enrollment(it, &course)).collect();
    thread::scope(|scope| {
        for half in enrollments.chunks(MANY / 2) {
            let admin = &admin;
            scope.spawn(move || {
                for enrollment in half {
                    let path = format!("/enrollments/{enrollment}/completion");
                    admin.put(&path, json!({"method": "earned"})).ok(200);
                }
            });
        }
        for number in 0..MANY {
            certification(&app, &format!("Number {number}"), &[&course], Value::Null);
        }
    });
    for id in people {
        let met = admin.all(&format!("/users/{id}/activity?action=certification.met"));
        assert_eq!(met.len(), MANY);
        let standings = admin.all(&format!("/users/{id}/certifications"));
        assert_eq!(standings.iter().filter(|it| it["status"] == "met").count(), MANY);
    }
}

#[test]
fn new_members_and_new_plans_of_the_same_moment_find_each_other() {
    let app = TestApp::start();
    let (admin, group) = (app.admin(), app.group("Everybody"));
    let people: Vec<String> = (0..MANY).map(|_| app.learner("Sam").id).collect();
    let plans: Vec<String> = (0..MANY).map(|it| plan_of(&app, &format!("{it}"), &[])).collect();
    thread::scope(|scope| {
        let (one, two) = people.split_at(MANY / 2);
        let (admin, group) = (&admin, &group);
        scope.spawn(move || {
            for id in one {
                admin.put(&membership(group, id), json!({})).ok(200);
            }
        });
        scope.spawn(move || {
            for id in two {
                let home = json!({"home_group_id": group});
                admin.patch_now(&format!("/users/{id}"), home).ok(200);
            }
        });
        for plan in &plans {
            let path = format!("/groups/{group}/learning-plans/{plan}");
            admin.put(&path, json!({"auto": true})).ok(200);
        }
    });
    for id in people {
        let told = admin.all(&format!("/users/{id}/activity?action=learning_plan.assigned"));
        assert_eq!(told.len(), MANY);
        assert!(told.iter().all(|entry| entry["source"] == "group"));
    }
}
