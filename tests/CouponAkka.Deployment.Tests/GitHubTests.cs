namespace CouponAkka.Deployment.Tests;

/// <summary>What GitHub runs is what everybody runs, and what it looks for is there.</summary>
public sealed class GitHubTests
{
    [Fact]
    public void The_workflow_runs_ci_run_and_its_actions_are_pinned_to_commits()
    {
        var jobs = Yaml.ParseAll(Repository.Read(".github", "workflows", "ci.yml")).Single()["jobs"].Fields;
        var steps = jobs.SelectMany(job => job.Value["steps"].Items).ToList();

        Assert.Contains(steps, step => step["run"].Text?.EndsWith(" .ci/run", StringComparison.Ordinal) == true);
        Assert.All(steps.Select(step => step["uses"].Text).OfType<string>(), action => Assert.Matches("@[0-9a-f]{40}$", action));
    }

    [Fact]
    public void Every_folder_that_dependabot_looks_into_is_there()
    {
        foreach (var update in Yaml.ParseAll(Repository.Read(".github", "dependabot.yml")).Single()["updates"].Items)
        {
            foreach (var folder in update["directories"].Items.Append(update["directory"]).Select(folder => folder.Text).OfType<string>())
                Assert.True(Directory.Exists(Repository.At(folder.TrimStart('/'))), $"{update["package-ecosystem"].Text}: {folder} is not there.");
        }
    }
}
