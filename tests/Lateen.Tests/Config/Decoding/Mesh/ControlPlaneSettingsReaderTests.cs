using Lateen.Config.Decoding.Mesh;
using Lateen.Model.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding.Mesh;

public sealed class ControlPlaneSettingsReaderTests
{
    [Fact]
    public void NothingSet_IsTheDefault()
    {
        var (settings, problems) = Read();

        settings.ShouldBe(ControlPlaneSettings.Default);
        problems.ShouldBeEmpty();
    }

    [Fact]
    public void Variables_ChangeTheirSwitch()
    {
        var (settings, problems) = Read(
            ("PILOT_HTTP10", "1"), ("PILOT_ENABLE_ALPN_FILTER", "false"), ("PILOT_TRACE_SAMPLING", "12.5"), ("PILOT_JWT_ENABLE_REMOTE_JWKS", "hybrid"),
            ("K_INGRESS_NS", "edge"));

        settings.ShouldBe(ControlPlaneSettings.Default with
        {
            Http10 = true, AlpnFilter = false, TraceSampling = 12.5, JwksFetch = JwksFetchMode.Hybrid, IngressNamespace = "edge",
        });
        problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("PILOT_HTTP10", "yes", "\"yes\" is neither true nor false; false holds")]
    [InlineData("PILOT_TRACE_SAMPLING", "200", "\"200\" is no percentage; 1 holds")]
    [InlineData("PILOT_JWT_ENABLE_REMOTE_JWKS", "maybe", "\"maybe\" is none of")]
    [InlineData("PILOT_ENABLE_QUIC_LISTENERS", "true", "the feature is not supported")]
    public void Variables_ThatCanNotBeHonoured_AreTold(string name, string value, string problem)
    {
        var (settings, problems) = Read((name, value));

        settings.ShouldBe(ControlPlaneSettings.Default);
        problems.ShouldHaveSingleItem().ShouldStartWith($"{name}: {problem}");
    }

    private static (ControlPlaneSettings Settings, List<string> Problems) Read(params (string Name, string Value)[] set)
    {
        var problems = new List<string>();
        return (ControlPlaneSettingsReader.Read(name => set.FirstOrDefault(s => s.Name == name).Value, problems), problems);
    }
}
