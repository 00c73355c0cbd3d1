Feature: The library for Python programs
  What the command line can do, a Python program can do with "from k1s import
  Client", or with AsyncClient in an event loop. Both find the server as the
  command line does. Jobs come back as values with types, streams are iterated
  over, and what the server refuses is an exception that bears its name.

  Background:
    Given a running server

  Scenario: A program runs a job to its end
    When I run the Python program:
      """
      from k1s import Client

      client = Client()
      job = client.create_job(id="greet", type="one-time", executable="echo", arguments=["hi"])
      print(job.id, job.type, job.run_count)
      job = client.wait_job("greet")
      print(job.state, job.exit_code, job.ended_at >= job.started_at)
      client.delete_job("greet")
      print(client.get_all_jobs())
      """
    Then the program prints:
      """
      greet one-time 1
      done 0 True
      []
      """

  Scenario: A program looks after a service
    Given a program "work" that runs until it is stopped
    When I run the Python program:
      """
      from k1s import Client, JobSpec, JobType, State

      client = Client()
      client.create_jobs(
          [
              JobSpec(id="web", type=JobType.CONTINUOUS, executable="FOLDER/work"),
              JobSpec(id="mail", type=JobType.CONTINUOUS, executable="FOLDER/work"),
          ]
      )
      print(client.restart_job("web").run_count)
      client.kill_job("web", "SIGTERM")
      print(client.wait_job("web", State.KILLED, timeout=20).signal)
      print(client.start_job("web").state)
      print(client.get_server_info().jobs["running"])
      """
    Then the program prints:
      """
      2
      SIGTERM
      running
      2
      """

  Scenario: A program makes several jobs of plain keys, and leaves nothing of them behind
    Given a program "work" that runs until it is stopped
    When I run the Python program:
      """
      from pathlib import Path

      from k1s import Client, JobSpec, JobType, State

      client = Client()
      web = {"id": "web", "type": "continuous", "executable": Path("FOLDER/work")}
      once = JobSpec(id="once", type=JobType.ONE_TIME, executable="FOLDER/work")
      echo = {"id": "echo", "type": "one-time", "executable": "echo", "arguments": ["x" * 70]}
      print([job.id for job in client.create_jobs([web, once, echo])])
      client.kill_job("once", one_time=True)
      print(client.wait_job("once", State.KILLED, timeout=20).signal)
      client.wait_job("echo", timeout=20)
      with client.get_logs("echo") as chunks:
          print(*chunks)
      for job in client.get_all_jobs():
          client.delete_job(job.id, "SIGKILL", with_logs=True)
      """
    Then the program prints:
      """
      ['web', 'once', 'echo']
      SIGINT
      LogChunk('echo', 'stdout', text='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'...)
      """
    And there are soon no logs

  Scenario: A program is told of every change
    When I run the Python program:
      """
      from k1s import Client

      client = Client()
      with client.watch_jobs() as changes:
          client.create_job(id="once", type="one-time", executable="false")
          for change in changes:
              print(change.job_id, change.trigger, change.from_, change.to)
              if change.trigger == "fail":
                  print(change.reason)
                  break
      """
    Then the program prints:
      """
      once create None pending
      once start pending running
      once fail running exhausted
      exited with code 1
      """

  Scenario: A program follows the output of a job
    When I run the Python program:
      """
      from k1s import Client

      client = Client()
      client.create_job(id="count", type="one-time", executable="seq", arguments=["3"])
      client.wait_job("count")
      with client.get_logs("count") as chunks:
          print(b"".join(chunk.data for chunk in chunks))
      with client.get_logs("count", lines=1, follow=True) as chunks:
          print(next(chunks).text.strip())
          client.start_job("count")
          print(next(chunks).text[0])
      """
    Then the program prints:
      """
      b'1\n2\n3\n'
      3
      1
      """

  Scenario: A program asks why
    When I run the Python program:
      """
      from k1s import Client

      client = Client()
      client.create_job(id="oops", type="one-time", executable="./no-such-program")
      explained = client.explain_job("oops")
      print(explained.job.state)
      for change in explained.history:
          print(change.trigger, change.reason)
      """
    Then the program prints:
      """
      exhausted
      create None
      start None
      fail could not start: no such file: ./no-such-program
      """

  Scenario: What the server refuses is an exception
    When I run the Python program:
      """
      import k1s

      client = k1s.Client()
      try:
          client.get_job("nobody")
      except k1s.JobNotFound as error:
          print(error.code, "-", error)
      try:
          client.create_job(id="web", type="periodic", executable="true", period_in_seconds=0)
      except k1s.Refused as error:
          print(type(error).__name__, "-", error)
      """
    Then the program prints:
      """
      job-not-found - Job not found
      InvalidRequest - job.periodInSeconds wants a number from 0.1 to 1e9, got 0
      """

  Scenario: One exception is enough for all that k1s raises
    Given a port that nobody listens on
    When I run the Python program:
      """
      import k1s

      makers = [
          lambda: k1s.Client(port=70000),
          lambda: k1s.Client(token_file="no-such-file").get_all_jobs(),
          lambda: k1s.Client(socket="no.sock").get_all_jobs(),
          lambda: k1s.Client(port=UNUSED_PORT).get_all_jobs(),
          lambda: k1s.Client().get_job("nobody"),
          lambda: k1s.JobSpec(id="web", type="sometimes", executable="true"),
          lambda: k1s.JobSpec(id="web", type="periodic", executable="true"),
          lambda: k1s.JobSpec(id="web", type="one-time", executable="ls", arguments="-l"),
          lambda: k1s.JobSpec(id="web", type="one-time", executable="ls", max_retry="3"),
      ]
      for make in makers:
          try:
              make()
          except k1s.K1sError as error:
              print(type(error).__name__, "-", error)
      """
    Then the program prints:
      """
      DestinationError - port wants a whole number from 0 to 65535, got 70000
      DestinationError - K1S_TOKEN_FILE: cannot read the token in no-such-file: no such file or directory
      ServerGoneError - no k1s server at no.sock (no such file or directory): start one with k1s server
      ServerGoneError - no k1s server at 127.0.0.1:UNUSED_PORT (connection refused): start one with k1s server
      JobNotFound - Job not found
      InvalidValueError - type wants one-time, periodic or continuous, got 'sometimes'
      InvalidValueError - period_in_seconds wants a number from 0.1 to 1e9 in a periodic job, got nothing
      InvalidValueError - arguments wants a list of texts, got '-l'
      InvalidValueError - max_retry wants a number from -1 to 1e9, got '3'
      """

  Scenario: A program with an event loop does many things at once
    When I run the Python program:
      """
      import asyncio
      from k1s import AsyncClient

      async def run(client: AsyncClient, number: int) -> int:
          job_id = f"job-{number}"
          code = f"exit {number}"
          await client.create_job(
              id=job_id, type="one-time", executable="sh", arguments=["-c", code]
          )
          return (await client.wait_job(job_id)).exit_code

      async def main() -> None:
          client = AsyncClient()
          print(await asyncio.gather(*(run(client, number) for number in range(5))))
          async with client.watch_jobs(from_=0, job_ids="job-3") as changes:
              async for change in changes:
                  print(change.trigger)
                  if change.to == "exhausted":
                      break

      asyncio.run(main())
      """
    Then the program prints:
      """
      [0, 1, 2, 3, 4]
      create
      start
      fail
      """
