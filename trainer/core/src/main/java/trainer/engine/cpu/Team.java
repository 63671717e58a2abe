package trainer.engine.cpu;

/** Threads that compute one pass together, each for its hidden units. */
interface Team {
  /** One thread, which waits for nobody. */
  Team ALONE =
      new Team() {
        @Override
        public int count() {
          return 1;
        }

        @Override
        public void barrier(int thread) {}
      };

  int count();

  /** Returns when all threads have arrived. */
  void barrier(int thread);
}
