using Xunit;

// Scenarios measure and share one machine's two cores: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
