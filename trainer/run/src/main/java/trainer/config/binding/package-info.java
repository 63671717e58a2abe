/**
 * Binds YAML to records. The components of a record say what its keys are, with annotations for
 * description, default and bounds; {@link trainer.config.binding.RecordType} reads them once, and
 * everything follows from it: reading, validation, writing, the JSON Schema and the reference
 * table.
 */
package trainer.config.binding;
