//! The words of an import of users.

use super::text::words;

words! {
    /// A column of an import.
    pub enum Column {
        /// The e-mail address: a key.
        Email = "email",
        /// The employee id: a key.
        EmployeeId = "employee_id",
        /// The given name; needed to create a user.
        GivenName = "given_name",
        /// The surname; needed to create a user.
        Surname = "surname",
        /// A person or an API account; only when the user is created.
        Kind = "kind",
        /// Active or not.
        Status = "status",
        /// The role.
        Role = "role",
        /// A name of the IANA time zone database.
        TimeZone = "time_zone",
        /// The home group: its id or its name.
        HomeGroup = "home_group",
        /// Groups to become a member of: ids or names.
        Groups = "groups",
        /// Learning plans to be assigned: ids or names.
        LearningPlans = "learning_plans",
        /// Supervisors to be added: ids or e-mail addresses.
        Supervisors = "supervisors",
    }
}

words! {
    /// The outcome of a line of an import.
    pub enum ImportOutcome {
        /// The user was created.
        Created = "created",
        /// The user was changed.
        Updated = "updated",
        /// The user already had these values.
        Unchanged = "unchanged",
        /// Nothing was done, because of the errors.
        Invalid = "invalid",
    }
}
