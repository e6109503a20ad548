using Lateen.Fuzz;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net;

/// <summary>Each fuzz target for a moment and always the same way; scripts/test.sh --fuzz runs them a minute each.</summary>
public sealed class FuzzTargetTests
{
    public static TheoryData<string> Names => [.. FuzzRun.Targets.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Target_WithMutatedInputs_FindsNothing(string name)
    {
        FuzzTarget target = FuzzRun.Targets.Single(t => t.Name == name);

        FuzzRun.Run(target, seed: 5, runs => runs < 3000, out _).ShouldBeNull();
    }
}
