using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>The classes that share one mesh.</summary>
[CollectionDefinition(Name)]
public sealed class WalkthroughGroup : ICollectionFixture<WalkthroughMesh>
{
    public const string Name = "walkthrough";
}
