using System.Text;
using Lateen.Injection.Admission;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>
/// Injects a plain pod some dozen times once the templates are known, so that the first real pods do not wait for code to be compiled: an API
/// server waits for each pod.
/// </summary>
internal static class InjectionWarmUp
{
    // The runtime compiles a method anew, with optimisation, after 30 calls.
    private const int Rounds = 40;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    // Configuration and proxies come first; the rounds leave room for them.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static readonly byte[] Review = Encoding.UTF8.GetBytes("""
        {
          "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
          "request": {
            "uid": "0", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "namespace": "default", "operation": "CREATE",
            "object": {
              "apiVersion": "v1", "kind": "Pod",
              "metadata": { "generateName": "warm-up-", "namespace": "default", "labels": { "app": "warm-up" } },
              "spec": {
                "serviceAccountName": "default",
                "containers": [
                  {
                    "name": "app", "image": "app", "ports": [ { "containerPort": 80 } ],
                    "readinessProbe": { "httpGet": { "path": "/", "port": 80 } }
                  }
                ]
              }
            }
          }
        }
        """);

    /// <summary>Waits until <paramref name="isReady"/> and for a snapshot, runs the rounds, then rests until cancelled.</summary>
    public static async Task RunAsync(Func<bool> isReady, Func<InjectionSnapshot?> snapshot, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            while (!isReady() || snapshot() is null)
            {
                await Task.Delay(Look, time, cancellation);
            }

            for (var round = 0; round < Rounds && snapshot() is { } current; round++)
            {
                InjectionAdmission.Answer(Review, "/inject", current);
                await Task.Delay(Pause, time, cancellation);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The control plane ends.
        }
    }
}
