using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Auth;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Requests that are answered and not stored: token requests, token and access reviews, the token keys.</summary>
internal sealed class RequestReviews(ObjectStore store, Authenticator authenticator, TokenSigner signer, string issuer, TimeProvider time)
{
    private const long DefaultTokenSeconds = 3600;
    private const long ShortestToken = 600;
    private const long LongestToken = 1L << 32;

    public async Task HandleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        if (context.Request.Method != "POST")
        {
            throw ApiException.MethodNotAllowed();
        }

        var body = RequestBody.ParseObject(await RequestBody.ReadAsync(context.Request, cancel), context.Request.ContentType);
        if (request.Target.Subresource != "token")
        {
            body["apiVersion"] = request.Resource.ApiVersion;
            body["kind"] = request.Resource.Kind;
        }

        body["status"] = (request.Target.Subresource, request.Resource.Kind) switch
        {
            ("token", _) => IssueToken(request, body),
            (_, "TokenReview") => ReviewToken(body),
            (_, "SelfSubjectReview") => new JsonObject { ["userInfo"] = Describe(request.User) },
            (_, "SelfSubjectRulesReview") => Everything(),
            // Whoever is authenticated may do everything in the sandbox.
            (_, "SelfSubjectAccessReview" or "SubjectAccessReview" or "LocalSubjectAccessReview") =>
                new JsonObject { ["allowed"] = true, ["reason"] = "the sandbox allows everything to whoever is authenticated" },
            _ => throw ApiException.MethodNotAllowed(),
        };
        body.Ensure("metadata");
        await JsonResponse.WriteAsync(context, 201, body, cancel);
    }

    /// <summary>OpenID Connect Discovery 1.0 for ServiceAccount tokens.</summary>
    public Task KeysAsync(HttpContext context, string path, CancellationToken cancel) => path switch
    {
        "/openid/v1/jwks" => JsonResponse.WriteAsync(
            context, 200, "application/jwk-set+json", ObjectJson.SerializeNode(signer.KeySet()), cancel),
        "/.well-known/openid-configuration" => JsonResponse.WriteAsync(context, 200, new JsonObject
        {
            ["issuer"] = issuer,
            ["jwks_uri"] = $"https://{context.Request.Host}/openid/v1/jwks",
            ["response_types_supported"] = new JsonArray("id_token"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("ES256"),
        }, cancel),
        _ => throw ApiException.NoSuchPath(),
    };

    private static JsonObject Everything() => new()
    {
        ["resourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }),
        ["nonResourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") }),
        ["incomplete"] = false,
    };

    /// <summary>authentication.k8s.io/v1 UserInfo.</summary>
    public static JsonObject Describe(UserIdentity user)
    {
        var description = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.Groups.Select(g => (JsonNode)g)]) };
        if (user.Uid.Length > 0)
        {
            description["uid"] = user.Uid;
        }

        if (user.Extra.Count > 0)
        {
            description["extra"] = new JsonObject(user.Extra.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)new JsonArray(e.Value))));
        }

        return description;
    }

    private JsonObject ReviewToken(JsonObject body)
    {
        var wanted = body.Obj("spec").Arr("audiences")?.Select(a => a.AsText() ?? "").ToList() is { Count: > 0 } given ? given : [authenticator.Audience];
        var token = body.Obj("spec").Str("token") ?? "";
        return authenticator.AuthenticateToken(token, wanted) is { } user
            ? new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = Describe(user),
                ["audiences"] = new JsonArray([.. authenticator.CommonAudiences(token, wanted).Select(a => (JsonNode)a)]),
            }
            : new JsonObject { ["user"] = new JsonObject(), ["error"] = "the token is not valid: unknown signature, expired, or not for this audience" };
    }

    private JsonObject IssueToken(ApiRequest request, JsonObject body)
    {
        var (ns, name) = (request.Target.Namespace, request.Target.Name);
        var account = store.Get(new ObjectKey("serviceaccounts", ns, name)) ?? throw ApiException.NotFound("serviceaccounts", name);
        var spec = body.Ensure("spec");
        if (spec.Arr("audiences") is not { Count: > 0 })
        {
            spec["audiences"] = new JsonArray(authenticator.Audience);
        }

        var seconds = spec.Num("expirationSeconds") ?? DefaultTokenSeconds;
        if (seconds is < ShortestToken or > LongestToken)
        {
            var causes = new Validation.CauseList();
            causes.Invalid("spec.expirationSeconds", spec["expirationSeconds"], seconds < ShortestToken
                ? "may not specify a duration less than 10 minutes"
                : "may not specify a duration larger than 2^32 seconds");
            throw ApiException.Invalid("TokenRequest.authentication.k8s.io", "", causes.Causes);
        }

        spec["expirationSeconds"] = seconds;
        var now = time.GetUtcNow();
        var ends = now.AddSeconds(seconds);
        var bound = new JsonObject
        {
            ["namespace"] = ns,
            ["serviceaccount"] = new JsonObject { ["name"] = name, ["uid"] = account.Root.Text("metadata", "uid") },
        };
        if (spec.Obj("boundObjectRef") is { } reference && reference.Str("kind") == "Pod")
        {
            var pod = store.Get(new ObjectKey("pods", ns, reference.Str("name") ?? "")) ?? throw ApiException.NotFound("pods", reference.Str("name") ?? "");
            bound["pod"] = new JsonObject { ["name"] = pod.Key.Name, ["uid"] = pod.Root.Text("metadata", "uid") };
        }

        var token = signer.Sign(new JsonObject
        {
            ["aud"] = spec["audiences"]!.DeepClone(),
            ["exp"] = ends.ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = issuer,
            ["kubernetes.io"] = bound,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["sub"] = $"system:serviceaccount:{ns}:{name}",
        });
        return new JsonObject { ["token"] = token, ["expirationTimestamp"] = JsonFields.Timestamp(ends) };
    }
}
