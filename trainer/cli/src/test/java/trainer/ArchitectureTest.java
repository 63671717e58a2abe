package trainer;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.File;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import trainer.engine.cuda.CudaEngine;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.network.EngineProvider;

/** How the packages hang together. */
class ArchitectureTest {
  /** Test classes of all modules, in folders or jars. */
  private static final Pattern TESTS = Pattern.compile(".*(/test-classes/|-tests\\.jar).*");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.matches(TESTS))
          .importPackages("trainer");

  /** Floors of the house, from the ground; packages of one floor may use each other. */
  private static final List<String[]> FLOORS =
      List.of(
          floor("trainer.file.."),
          floor("trainer.config.."),
          floor("trainer.text.."),
          floor("trainer.dataset.."),
          floor("trainer.run.."),
          floor("trainer.trial.."),
          floor("trainer.service.."),
          floor("trainer.datavec.."),
          floor("trainer.cuda.."),
          floor("trainer.cell..", "trainer.layer..", "trainer.engine..", "trainer.network.."),
          floor("trainer.cluster.."),
          floor("trainer.spark.."),
          floor("trainer.training.."),
          floor("trainer.checkpoint.."),
          floor("trainer.exchange.."),
          floor("trainer.sampling.."),
          floor("trainer.job.."),
          floor("trainer.insight.."),
          floor("trainer.search.."),
          floor("trainer.bench.."),
          floor("trainer.cli.."));

  /** What another program may build on; the rest is public only where packages need it. */
  private static final String[] LIBRARY = {
    "trainer.search",
    "trainer.insight",
    "trainer.job",
    "trainer.training",
    "trainer.sampling",
    "trainer.checkpoint",
    "trainer.exchange",
    "trainer.datavec",
    "trainer.network",
    "trainer.engine",
    "trainer.layer",
    "trainer.text",
    "trainer.trial",
    "trainer.run",
    "trainer.file",
    "trainer.config"
  };

  private static String[] floor(String... packages) {
    return packages;
  }

  @Test
  void importsPointDownwards() {
    for (int upper = 1; upper < FLOORS.size(); upper++) {
      for (int lower = 0; lower < upper; lower++) {
        noClasses()
            .that()
            .resideInAnyPackage(FLOORS.get(lower))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FLOORS.get(upper))
            .check(CLASSES);
      }
    }
  }

  @Test
  void everyPackageIsOnOneFloor() {
    String[] all = FLOORS.stream().flatMap(Arrays::stream).toArray(String[]::new);
    classes().should().resideInAnyPackage(all).check(CLASSES);
    for (String[] floor : FLOORS) {
      assertThat(CLASSES.that(resideInAnyPackage(floor))).as(String.join(", ", floor)).isNotEmpty();
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("trainer.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** The reference and the layers use no engine, and the engines do not use each other. */
  @Test
  void enginesStandAlone() {
    List<String> engines =
        List.of("trainer.engine.cpu..", "trainer.engine.cuda..", "trainer.engine.nd4j..");
    noClasses()
        .that()
        .resideInAnyPackage("trainer.cell..", "trainer.layer..", "trainer.network..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(engines.toArray(String[]::new))
        .check(CLASSES);
    for (String engine : engines) {
      noClasses()
          .that()
          .resideInAPackage(engine)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              engines.stream().filter(other -> !other.equals(engine)).toArray(String[]::new))
          .check(CLASSES);
    }
  }

  /** A small jar and a Java runtime are all that checking it on another machine takes. */
  @Test
  void theCudaEngineNeedsDeeplearning4jOnlyToServeIt() {
    noClasses()
        .that()
        .resideInAnyPackage("trainer.cuda..", "trainer.engine.cuda..")
        .and()
        .areNotAssignableTo(CudaEngine.class)
        .and()
        .areNotAssignableTo(EngineProvider.class)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.nd4j..", "org.deeplearning4j..", "org.bytedeco..", "trainer.network..")
        .check(CLASSES);
  }

  /** An engine is found by its provider. */
  @Test
  void nothingNamesAnEngineButItsProvider() {
    noClasses()
        .that()
        .resideOutsideOfPackages("trainer.engine..", "trainer.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("trainer.engine.cpu..", "trainer.engine.cuda..")
        .check(CLASSES);
  }

  @Test
  void theServiceNeedsNoNetwork() {
    noClasses()
        .that()
        .resideInAPackage("trainer.service..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..", "org.datavec..", "org.bytedeco..")
        .check(CLASSES);
  }

  /** Whoever calls a job, a listener or a generator meets no type that may change tomorrow. */
  @Test
  void theLibraryHasItsOwnTypes() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat(
            resideInAnyPackage(
                "trainer.search",
                "trainer.insight",
                "trainer.job",
                "trainer.training",
                "trainer.sampling",
                "trainer.datavec"))
        .should()
        .haveRawReturnType(LIBRARY_OR_OTHERS)
        .andShould()
        .haveRawParameterTypes(each(LIBRARY_OR_OTHERS))
        .check(CLASSES);
  }

  private static final DescribedPredicate<JavaClass> LIBRARY_OR_OTHERS =
      resideInAnyPackage(LIBRARY).or(not(resideInAnyPackage("trainer..")));

  private static DescribedPredicate<List<JavaClass>> each(DescribedPredicate<JavaClass> predicate) {
    return DescribedPredicate.describe(
        "each " + predicate.getDescription(), types -> types.stream().allMatch(predicate));
  }

  /** Everything else runs without Spark on the class path. */
  @Test
  void onlyOnePackageKnowsSpark() {
    noClasses()
        .that()
        .resideOutsideOfPackage("trainer.spark..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..")
        .check(CLASSES);
  }

  @Test
  void packagesAreNamedForWhatIsInThem() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..util..",
            "..utils..",
            "..common..",
            "..core..",
            "..impl..",
            "..manager..",
            "..helper..",
            "..misc..")
        .check(CLASSES);
  }

  @Test
  void theConfigurationKnowsNothingOfDeeplearning4j() {
    noClasses()
        .that()
        .resideInAPackage("trainer.config..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.deeplearning4j..", "org.nd4j..", "org.datavec..")
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLineWritesToTheConsole() {
    for (String stream : List.of("out", "err")) {
      noClasses()
          .that()
          .resideOutsideOfPackage("trainer.cli..")
          .and()
          .areNotAssignableTo(Nd4jBackend.class) // keeps a stack trace of ND4J's off the console
          .should()
          .accessField(System.class, stream)
          .check(CLASSES);
    }
    noClasses()
        .that()
        .resideOutsideOfPackage("trainer.cli..") // --stacktrace
        .should()
        .callMethod(Throwable.class, "printStackTrace")
        .check(CLASSES);
  }

  /**
   * It may step backwards: it is written down and sent, files of yesterday that nobody finished are
   * deleted, and nothing else depends on it.
   */
  @Test
  void theTimeOfDayDecidesNothing() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("trainer.job.TrainingJob") // gives the time to the records
        .and()
        .doNotHaveFullyQualifiedName("trainer.job.ImportJob") // gives the time to the provenance
        .and()
        .doNotHaveFullyQualifiedName("trainer.service.worker.ResourceRecorder") // writes it down
        .and()
        .doNotHaveFullyQualifiedName("trainer.service.webhook.Messenger") // signs it
        .and()
        .doNotHaveFullyQualifiedName("trainer.service.http.CompletionRoutes") // writes it down
        .and()
        .doNotHaveFullyQualifiedName("trainer.service.Abandoned") // files of yesterday
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Clock.class, "systemDefaultZone")
        .orShould()
        .callMethod(LocalDateTime.class, "now")
        .orShould()
        .callConstructor(Date.class)
        .orShould()
        .callMethod(Files.class, "getLastModifiedTime", Path.class, LinkOption[].class)
        .orShould()
        .callMethod(File.class, "lastModified")
        .check(CLASSES);
  }

  /** It runs what a file says. */
  @Test
  void nothingReadsSerializedObjects() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .check(CLASSES);
  }
}
