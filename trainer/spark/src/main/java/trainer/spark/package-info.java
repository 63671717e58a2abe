/** Workers on an Apache Spark cluster, started by {@code spark-submit}. */
package trainer.spark;
