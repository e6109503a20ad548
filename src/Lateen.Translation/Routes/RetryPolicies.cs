using System.Globalization;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Retry.Host.PreviousHosts.V3;
using Envoy.Extensions.Retry.Priority.PreviousPriorities.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>Retries of a route.</summary>
internal static class RetryPolicies
{
    private const string DefaultConditions = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
    private const string StatusCodes = "retriable-status-codes";
    private const int DefaultAttempts = 2;

    /// <summary>The policy of settings; null settings = Istio's default; null result = no retries.</summary>
    public static RetryPolicy? Build(HttpRetry? settings)
    {
        var policy = Default();
        if (settings is null)
        {
            return policy;
        }

        if (settings.Attempts <= 0)
        {
            return null;
        }

        policy.NumRetries = (uint)settings.Attempts;
        if (settings.RetryOn.Length > 0)
        {
            Parse(policy, settings.RetryOn);
        }

        if (settings.PerTryTimeout is { } timeout)
        {
            policy.PerTryTimeout = timeout.ToDuration();
        }

        if (settings.RetryRemoteLocalities == true)
        {
            policy.RetryPriority = new()
            {
                Name = "envoy.retry_priorities.previous_priorities",
                TypedConfig = new PreviousPrioritiesConfig { UpdateFrequency = 2 }.Pack(),
            };
        }

        return policy;
    }

    private static RetryPolicy Default() => new()
    {
        NumRetries = DefaultAttempts,
        RetryOn = DefaultConditions,
        RetriableStatusCodes = { 503 },
        RetryHostPredicate =
        {
            // Another endpoint is tried before the one that failed.
            new RetryPolicy.Types.RetryHostPredicate
            {
                Name = "envoy.retry_host_predicates.previous_hosts",
                TypedConfig = new PreviousHostsPredicate().Pack(),
            },
        },
        HostSelectionRetryMaxAttempts = 5,
    };

    /// <summary>Splits `retryOn` into Envoy's conditions and status codes.</summary>
    private static void Parse(RetryPolicy policy, string retryOn)
    {
        var conditions = new List<string>();
        policy.RetriableStatusCodes.Clear();
        foreach (var part in retryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 100 and < 600)
            {
                policy.RetriableStatusCodes.Add(code);
            }
            else
            {
                conditions.Add(part);
            }
        }

        if (policy.RetriableStatusCodes.Count > 0 && !conditions.Contains(StatusCodes))
        {
            conditions.Add(StatusCodes);
        }

        policy.RetryOn = string.Join(",", conditions);
    }
}
