using System.Text.Json.Nodes;
using Lateen.Sandbox.Controllers;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Controllers;

public sealed class RollingUpdateTests
{
    [Theory]
    [InlineData(1, "25%", "25%", 1, 0)]
    [InlineData(4, "25%", "25%", 1, 1)]
    [InlineData(10, "25%", "25%", 3, 2)]
    [InlineData(3, "0", "0%", 0, 1)]
    public void Limits_Percentages_RoundSurgeUpAndUnavailableDown(int replicas, string surge, string unavailable, int wantedSurge, int wantedUnavailable)
    {
        JsonObject deployment = new()
        {
            ["spec"] = new JsonObject
            {
                ["strategy"] = new JsonObject { ["rollingUpdate"] = new JsonObject { ["maxSurge"] = surge, ["maxUnavailable"] = unavailable } },
            },
        };

        RollingUpdate.Limits(deployment, replicas).ShouldBe((wantedSurge, wantedUnavailable));
    }

    [Fact]
    public void Next_FirstVersion_StartsWhole() =>
        RollingUpdate.Next(3, (1, 0), new VersionCount("new", 0, 0), []).ShouldBe(new Dictionary<string, int> { ["new"] = 3 });

    [Fact]
    public void Next_OneReplica_GrowsBeforeItShrinks()
    {
        (int, int) limits = (1, 0);
        RollingUpdate.Next(1, limits, new("new", 0, 0), [new("old", 1, 1)]).ShouldBe(new Dictionary<string, int> { ["new"] = 1 });
        RollingUpdate.Next(1, limits, new("new", 1, 0), [new("old", 1, 1)]).ShouldBeEmpty("the new pod does not serve yet");
        RollingUpdate.Next(1, limits, new("new", 1, 1), [new("old", 1, 1)]).ShouldBe(new Dictionary<string, int> { ["old"] = 0 });
    }

    [Fact]
    public void Next_BrokenOldVersion_IsTakenAwayFirst() =>
        RollingUpdate.Next(2, (1, 0), new("new", 1, 1), [new("broken", 1, 0), new("old", 1, 1)])
            .ShouldBe(new Dictionary<string, int> { ["broken"] = 0 });

    [Fact]
    public void Next_ScaledDown_ShrinksTheCurrentVersion() =>
        RollingUpdate.Next(1, (1, 0), new("new", 3, 3), []).ShouldBe(new Dictionary<string, int> { ["new"] = 1 });

    [Theory]
    [InlineData(3, 1, 0)]
    [InlineData(5, 2, 1)]
    [InlineData(4, 0, 1)]
    [InlineData(10, 3, 2)]
    public void Next_StepByStep_NeverServesTooFewAndEnds(int replicas, int surge, int unavailable)
    {
        VersionCount current = new("new", 0, 0);
        VersionCount old = new("old", replicas, replicas);
        for (int step = 0; step < 100 && (current.Wanted != replicas || old.Wanted != 0); step++)
        {
            IReadOnlyDictionary<string, int> next = RollingUpdate.Next(replicas, (surge, unavailable), current, [old]);
            int wanted = next.GetValueOrDefault("new", current.Wanted);
            int kept = next.GetValueOrDefault("old", old.Wanted);
            (wanted + kept).ShouldBeLessThanOrEqualTo(replicas + surge);
            // The old pods that are to go are gone at once; one new pod gets ready per step.
            old = new VersionCount("old", kept, Math.Min(old.Available, kept));
            (current.Available + old.Available).ShouldBeGreaterThanOrEqualTo(replicas - unavailable);
            current = new VersionCount("new", wanted, Math.Min(current.Available + 1, wanted));
        }

        current.Wanted.ShouldBe(replicas);
        old.Wanted.ShouldBe(0);
    }
}
