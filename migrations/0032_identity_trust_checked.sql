-- Every row there is keeps the constraints that the file before this one added.

alter table notifications.messages validate constraint messages_kind_check;
alter table identity.api_keys validate constraint api_keys_scopes;
