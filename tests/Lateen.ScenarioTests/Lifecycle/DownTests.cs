using System.Diagnostics;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Lifecycle;

/// <summary>Whatever happened before, <c>lateen down</c> leaves nothing of the mesh on the machine.</summary>
public sealed class DownTests
{
    [Theory]
    [InlineData("lateen")]
    [InlineData("lateend")]
    public async Task Down_AfterKillOfAProcess_LeavesNothing(string killed)
    {
        SandboxMesh.SkipUnlessPossible();
        await using SandboxMesh mesh = new();
        await mesh.InitializeAsync();
        (await mesh.LeftoversAsync()).ShouldNotBeEmpty("a mesh that is up must be visible to the check");

        await mesh.KillAsync(killed);
        (await mesh.LateenAsync(["down", "--home", mesh.Home, "--name", mesh.Name])).MustSucceed();

        (await mesh.LeftoversAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Down_Twice_SucceedsAndSaysThatNothingWasUp()
    {
        SandboxMesh.SkipUnlessPossible();
        await using SandboxMesh mesh = new();
        await mesh.InitializeAsync();
        (await mesh.LateenAsync(["down", "--home", mesh.Home, "--name", mesh.Name])).MustSucceed();
        (await mesh.LateenAsync(["down", "--home", mesh.Home, "--name", mesh.Name])).MustSucceed();
        (await mesh.LeftoversAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Up_InterruptedWhileItsDaemonIsBeingBorn_LeavesNothing()
    {
        SandboxMesh.SkipUnlessPossible();
        await using SandboxMesh mesh = new();
        using Process up = mesh.Start(Path.Combine(SandboxMesh.Executables, "lateen"), ["up", .. mesh.UpOptions()]);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while ((await mesh.ProcessesAsync("lateen")).Count < 2)
        {
            limit.IsCancellationRequested.ShouldBeFalse("no daemon was started");
        }

        (await ProcessRun.RunAsync("kill", ["-INT", $"{up.Id}"])).MustSucceed();
        await up.WaitForExitAsync(limit.Token);

        up.ExitCode.ShouldNotBe(0);
        (await mesh.LeftoversAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Up_InterruptedInTheMiddle_LeavesNothing()
    {
        SandboxMesh.SkipUnlessPossible();
        await using SandboxMesh mesh = new();
        using Process up = mesh.Start(Path.Combine(SandboxMesh.Executables, "lateen"), ["up", .. mesh.UpOptions()]);
        // The first line of progress is there once work has begun.
        (await up.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        (await ProcessRun.RunAsync("kill", ["-INT", $"{up.Id}"])).MustSucceed();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        await up.WaitForExitAsync(limit.Token);
        up.ExitCode.ShouldNotBe(0);
        (await mesh.LeftoversAsync()).ShouldBeEmpty();
    }
}
