using System.Net;
using Lateen.Config.Snapshots;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Jwks;
using Lateen.ControlPlane.Watch;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Jwks;

public sealed class KeySetFetcherTests
{
    private const string Uri = "https://keys.example/jwks";
    private readonly Dictionary<string, string> _answers = [];

    [Fact]
    public async Task Round_WithANewPolicy_PutsItsKeysIntoTheSnapshot()
    {
        _answers[Uri] = """{"keys":[]}""";

        (await Run(new JwtRule { Issuer = "i", JwksUri = Uri })).Find(Uri).ShouldBe("""{"keys":[]}""");
    }

    [Fact]
    public async Task Round_WithoutAnAddress_AsksTheIssuersOpenIdConfiguration()
    {
        _answers["https://issuer.example/.well-known/openid-configuration"] = $$"""{"jwks_uri":"{{Uri}}"}""";
        _answers[Uri] = """{"keys":[1]}""";

        (await Run(new JwtRule { Issuer = "https://issuer.example/" })).Find("https://issuer.example/").ShouldBe("""{"keys":[1]}""");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    public async Task Round_WithAnAnswerThatIsNoKeySet_TakesNothing(string answer)
    {
        _answers[Uri] = answer;

        (await Run(new JwtRule { Issuer = "i", JwksUri = Uri })).Count.ShouldBe(0);
    }

    private async Task<EquatableMap<string, string>> Run(JwtRule rule)
    {
        var state = new MeshState("cluster.local", "Kubernetes", ControlPlaneSettings.Default);
        var published = new TaskCompletionSource<MeshSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        var writer = new MeshWriter(state, p => published.TrySetResult(p.Update!.Snapshot), TimeProvider.System, NullLogger.Instance);
        var snapshot = MeshSnapshot.Build(new MeshInputs
        {
            Configs =
            [
                new RequestAuthenticationConfig
                {
                    Meta = new() { Kind = "RequestAuthentication", Name = "jwt", Namespace = "default" },
                    JwtRules = [rule],
                },
            ],
        });
        using var http = new HttpMessageInvoker(new Answers(_answers));
        var fetcher = new KeySetFetcher(() => snapshot, new KeySetSource(http, TimeProvider.System), writer, new EventCounters(), TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();

        await fetcher.RoundAsync(TestContext.Current.CancellationToken);
        writer.MarkSynced();
        var run = writer.RunAsync(stop.Token);
        var result = await published.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await run;
        return result.Index.Inputs.KeySets;
    }

    private sealed class Answers(Dictionary<string, string> answers) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(
            answers.TryGetValue(request.RequestUri!.ToString(), out var text)
                ? new HttpResponseMessage { Content = new StringContent(text) }
                : new HttpResponseMessage(HttpStatusCode.NotFound));
    }
}
