using Lateen.ScenarioTests.Canary;
using Xunit;

namespace Lateen.ScenarioTests.Faults;

/// <summary>The classes that share one canary mesh.</summary>
[CollectionDefinition(Name)]
public sealed class FaultGroup : ICollectionFixture<CanaryMesh>
{
    public const string Name = "faults";
}
