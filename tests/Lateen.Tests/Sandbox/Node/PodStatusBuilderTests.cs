using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Node;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Node;

public sealed class PodStatusBuilderTests
{
    private static readonly DateTimeOffset Now = new(2023, 10, 11, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Status_NothingStarted_IsPending()
    {
        JsonObject status = Build("Always", App());

        status.Text("phase").ShouldBe("Pending");
        Condition(status, "Ready").ShouldBe("False ContainersNotReady containers with unready status: [main]");
        status.Items("containerStatuses").Single().Text("state", "waiting", "reason").ShouldBe("ContainerCreating");
    }

    [Fact]
    public void Status_InitRuns_IsPendingAndUninitialized()
    {
        JsonObject status = Build("Always", Init() with { Phase = ContainerPhase.Running, Reason = "" }, App());

        status.Text("phase").ShouldBe("Pending");
        Condition(status, "Initialized").ShouldBe("False ContainersNotInitialized containers with incomplete status: [init]");
    }

    [Fact]
    public void Status_AllReady_IsRunningAndReady()
    {
        JsonObject status = Build("Always", Init() with { Phase = ContainerPhase.Terminated, Ended = Exit(0) }, Running(App()));

        status.Text("phase").ShouldBe("Running");
        Condition(status, "Initialized").ShouldBe("True");
        Condition(status, "Ready").ShouldBe("True");
        status.Items("initContainerStatuses").Single().Flag("ready").ShouldBeTrue();
    }

    [Theory]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    [InlineData("Always", 1, "Running")]
    public void Phase_ContainerEnded_FollowsTheRestartPolicy(string policy, int code, string phase) =>
        Build(policy, Running(App()) with { Phase = ContainerPhase.Terminated, Ended = Exit(code), Ready = false }).Text("phase").ShouldBe(phase);

    [Fact]
    public void Phase_FailedInitThatIsNotRestarted_IsFailed() =>
        Build("Never", Init() with { Phase = ContainerPhase.Terminated, Ended = Exit(1) }, App()).Text("phase").ShouldBe("Failed");

    [Fact]
    public void Status_CrashLoop_KeepsTheLastEnd()
    {
        JsonObject container = Build("Always", App() with { Reason = "CrashLoopBackOff", RestartCount = 2, Last = Exit(3) })
            .Items("containerStatuses").Single();

        container.Text("state", "waiting", "reason").ShouldBe("CrashLoopBackOff");
        container.Number("lastState", "terminated", "exitCode").ShouldBe(3);
    }

    [Fact]
    public void Condition_Unchanged_KeepsItsTime()
    {
        JsonObject pod = Pod("Always");
        PodSituation situation = new(pod, [Running(App())], "10.0.0.1", "10.0.0.254", Now);
        pod["status"] = PodStatusBuilder.Build(situation, Now);

        JsonObject later = PodStatusBuilder.Build(situation, Now.AddHours(1));

        JsonNode.DeepEquals(pod["status"], later).ShouldBeTrue();
    }

    [Fact]
    public void Status_ReadinessGate_HoldsThePodBack()
    {
        JsonObject pod = Pod("Always");
        pod["spec"]!["readinessGates"] = new JsonArray(new JsonObject { ["conditionType"] = "example.com/gate" });

        JsonObject status = PodStatusBuilder.Build(new PodSituation(pod, [Running(App())], "", "", Now), Now);

        Condition(status, "ContainersReady").ShouldBe("True");
        Condition(status, "Ready").ShouldStartWith("False ReadinessGatesNotReady");
    }

    private static ContainerState App() => new("main", "nginx", false, false);

    private static ContainerState Init() => new("init", "nginx", true, false);

    private static ContainerState Running(ContainerState state) =>
        state with { Phase = ContainerPhase.Running, Reason = "", Ready = true, Started = true, ContainerId = "lateen://1" };

    private static Termination Exit(int code) => new(code, code == 0 ? "Completed" : "Error", "", Now, Now, "lateen://1");

    private static JsonObject Pod(string policy) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = "a" },
        ["spec"] = new JsonObject { ["restartPolicy"] = policy },
    };

    private static JsonObject Build(string policy, params ContainerState[] containers) =>
        PodStatusBuilder.Build(new PodSituation(Pod(policy), containers, "10.0.0.1", "10.0.0.254", Now), Now);

    private static string Condition(JsonObject status, string type)
    {
        JsonObject? condition = PodCondition.Find(new JsonObject { ["status"] = status.DeepClone() }, type);
        return $"{condition.Text("status")} {condition.Text("reason")} {condition.Text("message")}".Trim();
    }
}
