/**
 * Binds YAML to records. The components of a record define the keys, with annotations for
 * description, default and bounds. {@link trainer.config.binding.RecordType} derives from them
 * reading, validation, writing, the JSON Schema and the reference table.
 */
package trainer.config.binding;
