using System.Runtime.CompilerServices;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Api.Generated;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Api;

public sealed class XdsJsonTests
{
    [Fact]
    public void ApiFiles_ComparedWithProtosFolder_ListsEveryFile()
    {
        var root = Path.Combine(RepositoryRoot(), "src", "Lateen.Api", "protos");
        Directory.GetFiles(root, "*.proto", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f))
            .Except(ApiFiles.All().Select(f => f.Name))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Format_AnyInsideListener_PrintsTypeAndFieldsAndReadsBack()
    {
        var listener = new Listener
        {
            Name = "virtualOutbound",
            FilterChains =
            {
                new FilterChain
                {
                    Filters =
                    {
                        new Envoy.Config.Listener.V3.Filter
                        {
                            Name = "tcp",
                            TypedConfig = Any.Pack(new TcpProxy { StatPrefix = "p", Cluster = "PassthroughCluster" }),
                        },
                    },
                },
            },
        };
        var json = XdsJson.Format(listener);
        json.ShouldContain("type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");
        XdsJson.Parse<Listener>(json).ShouldBe(listener);
        XdsJson.FormatWithProtoNames(listener).ShouldContain("\"filter_chains\"");
        XdsJson.Parse<Listener>(XdsJson.FormatWithProtoNames(listener)).ShouldBe(listener);
    }

    [Fact]
    public void Parse_UnknownField_SaysWhich() =>
        Should.Throw<Google.Protobuf.InvalidProtocolBufferException>(() => XdsJson.Parse<Cluster>("""{"nope": 1}"""))
            .Message.ShouldContain("nope");

    [Theory]
    [InlineData(TypeUrls.Cluster, "cds")]
    [InlineData(TypeUrls.Secret, "sds")]
    [InlineData("type.googleapis.com/a.B", "type.googleapis.com/a.B")]
    public void ShortName_OfTypeUrl_IsTheMetricForm(string url, string expected) => TypeUrls.ShortName(url).ShouldBe(expected);

    private static string RepositoryRoot([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
