/**
 * What a read may take from the system's own relations: the columns that hold names and numbers; after `!` those that
 * may hold a value or a literal of somebody's.
 */
const listed = `
information_schema.tables: table_catalog table_schema table_name table_type self_referencing_column_name reference_generation user_defined_type_catalog user_defined_type_schema user_defined_type_name is_insertable_into is_typed commit_action
information_schema.columns: table_catalog table_schema table_name column_name ordinal_position is_nullable data_type character_maximum_length character_octet_length numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision character_set_catalog character_set_schema character_set_name collation_catalog collation_schema collation_name domain_catalog domain_schema domain_name udt_catalog udt_schema udt_name scope_catalog scope_schema scope_name maximum_cardinality dtd_identifier is_self_referencing is_identity identity_generation identity_start identity_increment identity_maximum identity_minimum identity_cycle is_generated is_updatable ! column_default generation_expression
information_schema.table_constraints: constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name constraint_type is_deferrable initially_deferred enforced nulls_distinct
information_schema.key_column_usage: constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name column_name ordinal_position position_in_unique_constraint
information_schema.constraint_column_usage: table_catalog table_schema table_name column_name constraint_catalog constraint_schema constraint_name
information_schema.constraint_table_usage: table_catalog table_schema table_name constraint_catalog constraint_schema constraint_name
information_schema.referential_constraints: constraint_catalog constraint_schema constraint_name unique_constraint_catalog unique_constraint_schema unique_constraint_name match_option update_rule delete_rule
information_schema.check_constraints: constraint_catalog constraint_schema constraint_name ! check_clause
information_schema.views: table_catalog table_schema table_name check_option is_updatable is_insertable_into is_trigger_updatable is_trigger_deletable is_trigger_insertable_into ! view_definition
information_schema.view_column_usage: view_catalog view_schema view_name table_catalog table_schema table_name column_name
information_schema.view_table_usage: view_catalog view_schema view_name table_catalog table_schema table_name
information_schema.schemata: catalog_name schema_name schema_owner default_character_set_catalog default_character_set_schema default_character_set_name sql_path
information_schema.sequences: sequence_catalog sequence_schema sequence_name data_type numeric_precision numeric_precision_radix numeric_scale start_value minimum_value maximum_value increment cycle_option
information_schema.routines: specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name routine_type data_type type_udt_schema type_udt_name routine_body external_language is_deterministic sql_data_access is_null_call security_type ! routine_definition external_name
information_schema.parameters: specific_catalog specific_schema specific_name ordinal_position parameter_mode is_result parameter_name data_type udt_schema udt_name ! parameter_default
information_schema.triggers: trigger_catalog trigger_schema trigger_name event_manipulation event_object_catalog event_object_schema event_object_table action_order action_orientation action_timing created ! action_condition action_statement
information_schema.domains: domain_catalog domain_schema domain_name data_type character_maximum_length numeric_precision numeric_scale udt_schema udt_name ! domain_default
information_schema.column_privileges: grantor grantee table_catalog table_schema table_name column_name privilege_type is_grantable
information_schema.table_privileges: grantor grantee table_catalog table_schema table_name privilege_type is_grantable with_hierarchy
information_schema.role_table_grants: grantor grantee table_catalog table_schema table_name privilege_type is_grantable with_hierarchy
information_schema.enabled_roles: role_name
information_schema.applicable_roles: grantee role_name is_grantable
information_schema.user_defined_types: user_defined_type_catalog user_defined_type_schema user_defined_type_name user_defined_type_category is_instantiable is_final ordering_form ordering_category ordering_routine_catalog ordering_routine_schema ordering_routine_name reference_type data_type character_maximum_length character_octet_length character_set_catalog character_set_schema character_set_name collation_catalog collation_schema collation_name numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision source_dtd_identifier ref_dtd_identifier
information_schema.attributes: udt_catalog udt_schema udt_name attribute_name ordinal_position is_nullable data_type character_maximum_length character_octet_length character_set_catalog character_set_schema character_set_name collation_catalog collation_schema collation_name numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision attribute_udt_catalog attribute_udt_schema attribute_udt_name scope_catalog scope_schema scope_name maximum_cardinality dtd_identifier is_derived_reference_attribute ! attribute_default
information_schema.usage_privileges: grantor grantee object_catalog object_schema object_name object_type privilege_type is_grantable
information_schema.role_usage_grants: grantor grantee object_catalog object_schema object_name object_type privilege_type is_grantable
information_schema.routine_privileges: grantor grantee specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name privilege_type is_grantable
information_schema.role_routine_grants: grantor grantee specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name privilege_type is_grantable
information_schema.role_column_grants: grantor grantee table_catalog table_schema table_name column_name privilege_type is_grantable
information_schema.column_udt_usage: udt_catalog udt_schema udt_name table_catalog table_schema table_name column_name
information_schema.column_domain_usage: domain_catalog domain_schema domain_name table_catalog table_schema table_name column_name
information_schema.domain_constraints: constraint_catalog constraint_schema constraint_name domain_catalog domain_schema domain_name is_deferrable initially_deferred
information_schema.domain_udt_usage: udt_catalog udt_schema udt_name domain_catalog domain_schema domain_name
information_schema.collations: collation_catalog collation_schema collation_name pad_attribute
information_schema.character_sets: character_set_catalog character_set_schema character_set_name character_repertoire form_of_use default_collate_catalog default_collate_schema default_collate_name
information_schema.triggered_update_columns: trigger_catalog trigger_schema trigger_name event_object_catalog event_object_schema event_object_table event_object_column
information_schema.element_types: object_catalog object_schema object_name object_type collection_type_identifier data_type character_maximum_length character_octet_length character_set_catalog character_set_schema character_set_name collation_catalog collation_schema collation_name numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision domain_default udt_catalog udt_schema udt_name scope_catalog scope_schema scope_name maximum_cardinality dtd_identifier
information_schema.sql_features: feature_id feature_name sub_feature_id sub_feature_name is_supported is_verified_by comments
information_schema.information_schema_catalog_name: catalog_name
information_schema.view_routine_usage: table_catalog table_schema table_name specific_catalog specific_schema specific_name
pg_catalog.pg_class: oid relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relallvisible relallfrozen reltoastrelid relhasindex relisshared relpersistence relkind relnatts relchecks relhasrules relhastriggers relhassubclass relrowsecurity relforcerowsecurity relispopulated relreplident relispartition relrewrite relfrozenxid relminmxid relacl reloptions ! relpartbound
pg_catalog.pg_attribute: attrelid attname atttypid attstattarget attlen attnum attndims attcacheoff atttypmod attbyval attalign attstorage attcompression attnotnull atthasdef atthasmissing attidentity attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions ! attfdwoptions attmissingval
pg_catalog.pg_attrdef: oid adrelid adnum ! adbin
pg_catalog.pg_constraint: oid conname connamespace contype condeferrable condeferred conenforced convalidated conrelid contypid conindid conparentid confrelid confupdtype confdeltype confmatchtype conislocal coninhcount connoinherit conperiod conkey confkey conpfeqop conppeqop conffeqop confdelsetcols conexclop ! conbin
pg_catalog.pg_namespace: oid nspname nspowner nspacl
pg_catalog.pg_type: oid typname typnamespace typowner typlen typbyval typtype typcategory typispreferred typisdefined typdelim typrelid typelem typarray typinput typoutput typalign typstorage typnotnull typbasetype typtypmod typndims typcollation typacl ! typdefaultbin typdefault
pg_catalog.pg_enum: oid enumtypid enumsortorder enumlabel
pg_catalog.pg_range: rngtypid rngsubtype rngmultitypid rngcollation rngsubopc
pg_catalog.pg_index: indexrelid indrelid indnatts indnkeyatts indisunique indnullsnotdistinct indisprimary indisexclusion indimmediate indisclustered indisvalid indcheckxmin indisready indislive indisreplident indkey indcollation indclass indoption ! indexprs indpred
pg_catalog.pg_indexes: schemaname tablename indexname tablespace ! indexdef
pg_catalog.pg_tables: schemaname tablename tableowner tablespace hasindexes hasrules hastriggers rowsecurity
pg_catalog.pg_views: schemaname viewname viewowner ! definition
pg_catalog.pg_matviews: schemaname matviewname matviewowner tablespace hasindexes ispopulated ! definition
pg_catalog.pg_rules: schemaname tablename rulename ! definition
pg_catalog.pg_policies: schemaname tablename policyname permissive roles cmd ! qual with_check
pg_catalog.pg_policy: oid polname polrelid polcmd polpermissive polroles ! polqual polwithcheck
pg_catalog.pg_sequence: seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle
pg_catalog.pg_stat_all_tables: relid schemaname relname tablename seq_scan last_seq_scan seq_tup_read idx_scan last_idx_scan idx_tup_fetch n_tup_ins n_tup_upd n_tup_del n_tup_hot_upd n_tup_newpage_upd n_live_tup n_dead_tup n_mod_since_analyze n_ins_since_vacuum last_vacuum last_autovacuum last_analyze last_autoanalyze vacuum_count autovacuum_count analyze_count autoanalyze_count total_vacuum_time total_autovacuum_time total_analyze_time total_autoanalyze_time
pg_catalog.pg_stat_user_tables: = pg_catalog.pg_stat_all_tables
pg_catalog.pg_stat_all_indexes: relid indexrelid schemaname relname indexrelname idx_scan last_idx_scan idx_tup_read idx_tup_fetch
pg_catalog.pg_stat_user_indexes: = pg_catalog.pg_stat_all_indexes
pg_catalog.pg_statio_user_tables: relid schemaname relname heap_blks_read heap_blks_hit idx_blks_read idx_blks_hit toast_blks_read toast_blks_hit tidx_blks_read tidx_blks_hit
pg_catalog.pg_statio_user_indexes: relid indexrelid schemaname relname indexrelname idx_blks_read idx_blks_hit
pg_catalog.pg_stat_database: datid datname numbackends xact_commit xact_rollback blks_read blks_hit tup_returned tup_fetched tup_inserted tup_updated tup_deleted conflicts temp_files temp_bytes deadlocks checksum_failures checksum_last_failure blk_read_time blk_write_time session_time active_time idle_in_transaction_time sessions sessions_abandoned sessions_fatal sessions_killed parallel_workers_to_launch parallel_workers_launched stats_reset
pg_catalog.pg_stat_bgwriter: checkpoints_timed checkpoints_req checkpoint_write_time checkpoint_sync_time buffers_checkpoint buffers_clean maxwritten_clean buffers_backend buffers_backend_fsync buffers_alloc stats_reset
pg_catalog.pg_stat_activity: datid datname pid leader_pid usesysid usename backend_start xact_start query_start state_change wait_event_type wait_event state backend_xid backend_xmin query_id backend_type ! application_name client_addr client_hostname client_port query
pg_catalog.pg_locks: locktype database relation page tuple virtualxid transactionid classid objid objsubid virtualtransaction pid mode granted fastpath waitstart
pg_catalog.pg_stats: schemaname tablename attname inherited null_frac avg_width n_distinct correlation ! most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs elem_count_histogram range_length_histogram range_empty_frac range_bounds_histogram
pg_catalog.pg_database: oid datname datdba encoding datlocprovider datistemplate datallowconn dathasloginevt datconnlimit datfrozenxid datminmxid dattablespace datcollate datctype daticulocale datlocale daticurules datcollversion datacl datlastsysoid
pg_catalog.pg_settings: name unit category short_desc extra_desc context vartype source min_val max_val enumvals sourceline pending_restart ! setting boot_val reset_val sourcefile
pg_catalog.pg_roles: rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolconnlimit rolvaliduntil rolbypassrls oid ! rolpassword rolconfig
pg_catalog.pg_auth_members: oid roleid member grantor admin_option inherit_option set_option
pg_catalog.pg_extension: oid extname extowner extnamespace extrelocatable extversion extconfig ! extcondition
pg_catalog.pg_available_extensions: name default_version installed_version location comment
pg_catalog.pg_am: oid amname amhandler amtype
pg_catalog.pg_language: oid lanname lanowner lanispl lanpltrusted lanacl
pg_catalog.pg_proc: oid proname pronamespace proowner prolang procost prorows provariadic prokind prosecdef proleakproof proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes proallargtypes proargmodes proargnames proacl ! proargdefaults prosrc probin prosqlbody proconfig
pg_catalog.pg_trigger: oid tgrelid tgparentid tgname tgfoid tgtype tgenabled tgisinternal tgconstrrelid tgconstrindid tgconstraint tgdeferrable tginitdeferred tgnargs tgattr tgoldtable tgnewtable ! tgargs tgqual
pg_catalog.pg_description: objoid classoid objsubid ! description
pg_catalog.pg_depend: classid objid objsubid refclassid refobjid refobjsubid deptype
pg_catalog.pg_inherits: inhrelid inhparent inhseqno inhdetachpending
pg_catalog.pg_partitioned_table: partrelid partstrat partnatts partdefid partattrs partclass partcollation ! partexprs
pg_catalog.pg_collation: oid collname collnamespace collowner collprovider collisdeterministic collencoding collcollate collctype colliculocale colllocale collversion
pg_catalog.pg_operator: oid oprname oprnamespace oprowner oprkind oprcanmerge oprcanhash oprleft oprright oprresult
pg_catalog.pg_opclass: oid opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype
pg_catalog.pg_cast: oid castsource casttarget castfunc castcontext castmethod
pg_catalog.pg_tablespace: oid spcname spcowner spcacl spcoptions
pg_catalog.pg_statistic_ext: oid stxrelid stxname stxnamespace stxowner stxstattarget stxkeys stxkind ! stxexprs
pg_catalog.pg_user: usename usesysid usecreatedb usesuper userepl usebypassrls valuntil ! passwd useconfig
pg_catalog.pg_group: groname grosysid grolist
pg_catalog.pg_timezone_names: name abbrev utc_offset is_dst
pg_catalog.pg_timezone_abbrevs: abbrev utc_offset is_dst
pg_catalog.pg_available_extension_versions: name version installed superuser trusted relocatable schema requires comment
pg_catalog.pg_stat_wal: wal_records wal_fpi wal_bytes wal_buffers_full wal_write wal_sync wal_write_time wal_sync_time stats_reset
pg_catalog.pg_stat_archiver: archived_count last_archived_wal last_archived_time failed_count last_failed_wal last_failed_time stats_reset
pg_catalog.pg_stat_progress_vacuum: pid datid datname relid phase heap_blks_total heap_blks_scanned heap_blks_vacuumed index_vacuum_count max_dead_tuples num_dead_tuples
pg_catalog.pg_stat_progress_analyze: pid datid datname relid phase sample_blks_total sample_blks_scanned ext_stats_total ext_stats_computed child_tables_total child_tables_done current_child_table_relid
pg_catalog.pg_stat_progress_create_index: pid datid datname relid index_relid command phase lockers_total lockers_done current_locker_pid blocks_total blocks_done tuples_total tuples_done partitions_total partitions_done
pg_catalog.pg_stat_replication: pid usesysid usename backend_start backend_xmin state sent_lsn write_lsn flush_lsn replay_lsn write_lag flush_lag replay_lag sync_priority sync_state reply_time ! application_name client_addr client_hostname client_port
pg_catalog.pg_stat_database_conflicts: datid datname confl_tablespace confl_lock confl_snapshot confl_bufferpin confl_deadlock
pg_catalog.pg_stat_user_functions: funcid schemaname funcname calls total_time self_time
pg_catalog.pg_stat_slru: name blks_zeroed blks_hit blks_read blks_written blks_exists flushes truncates stats_reset
pg_catalog.pg_statio_all_tables: relid schemaname relname heap_blks_read heap_blks_hit idx_blks_read idx_blks_hit toast_blks_read toast_blks_hit tidx_blks_read tidx_blks_hit
pg_catalog.pg_ts_config: oid cfgname cfgnamespace cfgowner cfgparser
pg_catalog.pg_opfamily: oid opfmethod opfname opfnamespace opfowner
pg_catalog.pg_conversion: oid conname connamespace conowner conforencoding contoencoding conproc condefault
pg_catalog.pg_stat_xact_user_tables: relid schemaname relname seq_scan seq_tup_read idx_scan idx_tup_fetch n_tup_ins n_tup_upd n_tup_del n_tup_hot_upd
pg_catalog.pg_publication: oid pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot`;

/** A relation of the system's, and which of its columns hold no literal of anybody's. */
export interface SystemRelation {
  schema: string;
  name: string;
  columns: { name: string; plain: boolean }[];
}

const relations = new Map<string, SystemRelation>();
for (const line of listed.trim().split("\n")) {
  const [key, columns] = line.split(": ");
  const [schema, name] = key.split(".");
  const same = relations.get(columns.replace("= ", ""));
  const [plain, literal = []] = columns.split(" ! ").map((names) => names.split(" "));
  relations.set(key, {
    schema,
    name,
    columns: same?.columns ?? [
      ...plain.map((column) => ({ name: column, plain: true })),
      ...literal.map((column) => ({ name: column, plain: false })),
    ],
  });
}

/** All system relations that may be read. Left out is what locks, such as pg_sequences: a sequence itself does not. */
export const systemRelations: ReadonlyMap<string, SystemRelation> = relations;

/** Those of them, as `schema.name`, that have columns of either kind. */
export function listQuotingRelations(): string[] {
  return [...relations].flatMap(([key, { columns }]) => (columns.some(({ plain }) => !plain) ? [key] : []));
}

/** A system relation that may be read, by the name that a statement gives it. */
export function findSystemRelation(schema: string | undefined, name: string): SystemRelation | undefined {
  return relations.get(`${schema ?? "pg_catalog"}.${name}`);
}

/** Whether a name can only mean a relation of the system's. */
export function isSystemName(schema: string | undefined, name: string): boolean {
  return schema === undefined ? name.startsWith("pg_") : schema === "information_schema" || schema.startsWith("pg_");
}

/** What even the project's own queries may not read: passwords, and the rows themselves. */
export const secretRelations = new Set(
  "pg_authid pg_shadow pg_user_mapping pg_largeobject pg_statistic pg_statistic_ext_data pg_stats pg_stats_ext pg_stats_ext_exprs pg_stat_activity pg_hba_file_rules pg_file_settings pg_prepared_statements pg_cursors".split(
    " ",
  ),
);
