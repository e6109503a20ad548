using Lateen.ScenarioTests.Canary;
using Xunit;

namespace Lateen.ScenarioTests.Faults;

/// <summary>The classes that share one canary mesh.</summary>
[CollectionDefinition]
public sealed class FaultGroup : ICollectionFixture<CanaryMesh>;
