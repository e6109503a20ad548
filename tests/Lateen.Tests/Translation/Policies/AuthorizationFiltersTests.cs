using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Policies;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Lateen.Tests.Translation.Policies;

public sealed class AuthorizationFiltersTests
{
    private static readonly AuthorizationRule Get = new() { To = [new() { Methods = ["GET"] }] };

    [Fact]
    public void Policies_OfSeveralActions_BecomeFiltersInIstiosOrder()
    {
        var context = Context(
            Policy("allow", AuthorizationAction.Allow, Get), Policy("deny", AuthorizationAction.Deny, Get), Policy("audit", AuthorizationAction.Audit, Get));

        context.Authorization.LocalHttp().Select(f => f.TypedConfig.Unpack<HttpRbac>().Rules.Action)
            .ShouldBe([RBAC.Types.Action.Log, RBAC.Types.Action.Deny, RBAC.Types.Action.Allow]);
    }

    [Fact]
    public void AllowRule_OfHttpFields_MatchesNeverOnTcp()
    {
        var rules = Context(Policy("allow", AuthorizationAction.Allow, Get)).Authorization.LocalNetwork().Single().TypedConfig.Unpack<NetworkRbac>().Rules;

        rules.Policies.ShouldBeEmpty();
    }

    [Fact]
    public void DenyRule_OfHttpFields_GetsWiderOnTcp()
    {
        var rule = new AuthorizationRule { To = [new() { Methods = ["GET"], Ports = ["80"] }] };
        var rules = Context(Policy("deny", AuthorizationAction.Deny, rule)).Authorization.LocalNetwork().Single().TypedConfig.Unpack<NetworkRbac>().Rules;

        rules.Policies.Single().Value.Permissions.Single().AndRules.Rules.Single().OrRules.Rules.Single().DestinationPort.ShouldBe(80u);
    }

    [Fact]
    public void AllowPolicy_WithoutRules_MatchesNothing()
    {
        var rules = Context(Policy("nothing", AuthorizationAction.Allow)).Authorization.LocalHttp().Single().TypedConfig.Unpack<HttpRbac>().Rules;

        rules.Policies["ns[default]-policy[nothing]-rule[0]"].Permissions.Single().NotRule.Any.ShouldBeTrue();
    }

    [Fact]
    public void Principal_OfTheTrustDomain_IsMeantInItsAliases()
    {
        var rule = new AuthorizationRule { From = [new() { Principals = ["old/ns/a/sa/b"] }] };
        var inputs = Inputs(Policy("p", AuthorizationAction.Allow, rule)) with { Mesh = new() { TrustDomain = "new", TrustDomainAliases = ["old"] } };
        var ids = Context(inputs).Authorization.LocalHttp().Single().TypedConfig.Unpack<HttpRbac>().Rules.Policies.Single().Value
            .Principals.Single().AndIds.Ids.Single().OrIds.Ids;

        ids.Select(id => id.FilterState.StringMatch.Exact).ShouldBe(["spiffe://new/ns/a/sa/b", "spiffe://old/ns/a/sa/b"]);
    }

    [Fact]
    public void DryRun_IsTriedBesideTheEnforced()
    {
        var tried = Policy("tried", AuthorizationAction.Deny, Get);
        tried = tried with { Meta = tried.Meta with { Annotations = Labels(("istio.io/dry-run", "true")) } };
        var rbac = Context(tried).Authorization.LocalHttp().Single().TypedConfig.Unpack<HttpRbac>();

        rbac.Rules.ShouldBeNull();
        rbac.ShadowRules.Policies.Keys.ShouldBe(["ns[default]-policy[tried]-rule[0]"]);
        rbac.ShadowRulesStatPrefix.ShouldBe("istio_dry_run_deny_");
    }

    [Fact]
    public void Custom_WithAKnownProvider_AsksItForWhatItsRulesMatch()
    {
        var inputs = Inputs(Policy("custom", AuthorizationAction.Custom, Get) with { Provider = "judge" }) with
        {
            Mesh = new() { ExtensionProviders = [new ExtAuthzGrpcProvider("judge", "judge.default.svc.cluster.local", 9000)] },
            Services = [Service("judge", "10.96.0.20", ("grpc", 9000, Protocol.Grpc))],
        };
        var filters = Context(inputs).Authorization.CustomHttp().ToList();

        filters[0].TypedConfig.Unpack<HttpRbac>().ShadowRules.Policies.Keys.ShouldBe(["istio-ext-authz-ns[default]-policy[custom]-rule[0]"]);
        filters[1].TypedConfig.Unpack<ExtAuthz>().GrpcService.EnvoyGrpc.ClusterName.ShouldBe("outbound|9000||judge.default.svc.cluster.local");
    }

    [Fact]
    public void Custom_WithAnUnknownProvider_DeniesEverythingAndSaysWhy()
    {
        var context = Context(Policy("custom", AuthorizationAction.Custom, Get) with { Provider = "nobody" });

        context.Authorization.CustomHttp().Single().TypedConfig.Unpack<HttpRbac>().Rules.Action.ShouldBe(RBAC.Types.Action.Deny);
        context.Problems.ShouldHaveSingleItem().ToString().ShouldBe(
            "AuthorizationPolicy default/custom spec.provider.name: meshConfig.extensionProviders has no ext_authz provider nobody; "
            + "it has none; every call is denied; name one ext_authz provider of meshConfig.extensionProviders");
    }

    [Fact]
    public void Policy_OfAnotherWorkload_DoesNotHold()
    {
        var policy = Policy("p", AuthorizationAction.Deny, Get) with { Selector = new(Labels(("app", "other"))) };

        Context(policy).Authorization.LocalHttp().ShouldBeEmpty();
    }

    private static AuthorizationPolicyConfig Policy(string name, AuthorizationAction action, params AuthorizationRule[] rules) => new()
    {
        Meta = Meta("AuthorizationPolicy", name) with { Group = "security.istio.io" },
        Action = action,
        Rules = rules.ToEquatableArray(),
    };

    private static MeshInputs Inputs(params AuthorizationPolicyConfig[] policies) => new() { Configs = policies.OfType<IIstioConfig>().ToEquatableArray() };

    private static ProxyContext Context(params AuthorizationPolicyConfig[] policies) => Context(Inputs(policies));

    private static ProxyContext Context(MeshInputs inputs) => new(MeshSnapshot.Build(inputs), Sidecar() with { Labels = Labels(("app", "web")) });
}
