DROP TABLE plan_assignments;
DROP TABLE learning_plans;
DROP TABLE enrollments;
DROP TABLE courses;
