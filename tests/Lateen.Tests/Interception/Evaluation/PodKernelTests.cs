using System.Net;
using Lateen.Interception.Evaluation;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Interception.Evaluation;

public sealed class PodKernelTests
{
    private static readonly string[] InitContainer = ["-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "172.16.2.0/24", "-b", "*", "-d", "15090,15021,15020", "-o", "8080"];
    private static readonly PodKernel Pod = PodKernel.Of(InitContainer, new Dictionary<string, string>(), [IPAddress.Parse("10.0.0.2")]);

    [Theory]
    [InlineData("10.96.0.9:80", VerdictKind.Redirected, 15001)]
    [InlineData("10.96.0.9:8080", VerdictKind.Direct, 8080)]
    [InlineData("172.16.2.7:80", VerdictKind.Direct, 80)]
    [InlineData("127.0.0.1:80", VerdictKind.Direct, 80)]
    [InlineData("10.0.0.2:80", VerdictKind.Direct, 80)]
    public void Opens_AnApplication_GoesWhereTheOptionsSay(string destination, VerdictKind kind, int port) =>
        Says(Pod.Opens(IPEndPoint.Parse(destination), 0), kind, port);

    [Theory]
    [InlineData("10.0.0.3:80", VerdictKind.Direct, 80)]
    [InlineData("10.0.0.2:80", VerdictKind.Redirected, 15006)]
    public void Opens_TheSidecar_LeavesOrComesBackIn(string destination, VerdictKind kind, int port) =>
        Says(Pod.Opens(IPEndPoint.Parse(destination), Pod.ProxyUser), kind, port);

    [Theory]
    [InlineData(80, VerdictKind.Redirected, 15006)]
    [InlineData(15021, VerdictKind.Direct, 15021)]
    public void Takes_FromOutside_IsLedToTheSidecarButForItsOwnPorts(int port, VerdictKind kind, int arrives) =>
        Says(Pod.Takes(IPAddress.Parse("10.0.0.3"), new IPEndPoint(IPAddress.Parse("10.0.0.2"), port)), kind, arrives);

    [Fact]
    public void Delivers_ToTheApplication_IsLeftAloneBecauseOfItsSource()
    {
        Lateen.Interception.Evaluation.Evaluation delivery = Pod.Delivers(IPEndPoint.Parse("10.0.0.2:80"));

        Says(delivery, VerdictKind.Direct, 80);
        delivery.Decisive!.Rule.ToString().ShouldBe("-A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN");
    }

    [Fact]
    public void Plain_APodWithoutInterception_LetsEverythingThrough()
    {
        PodKernel plain = PodKernel.Plain([IPAddress.Parse("10.0.0.3")]);

        Says(plain.Opens(IPEndPoint.Parse("10.96.0.9:80"), 0), VerdictKind.Direct, 80);
        plain.Options.ShouldBeNull();
    }

    [Fact]
    public void Of_ArgumentsOfSomethingElse_NamesTheProblem() =>
        Should.Throw<FormatException>(() => PodKernel.Of(["-b", "eighty"], new Dictionary<string, string>(), [])).Message.ShouldContain("eighty");

    private static void Says(Lateen.Interception.Evaluation.Evaluation evaluation, VerdictKind kind, int port)
    {
        evaluation.Verdict.Kind.ShouldBe(kind);
        ((int)evaluation.Verdict.Port).ShouldBe(port);
    }
}
